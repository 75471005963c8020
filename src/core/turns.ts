/** Long computations that let timers, signals and requests have their turn. */

/** Milliseconds between two yields to the event loop. */
const TURN = 50;

/**
 * A function to call in the loop of a long computation. Await what it returns: true where it has yielded to the event
 * loop, which it does every 50 ms.
 * @param signal its reason is thrown where it is aborted
 */
export function turns(signal?: AbortSignal): () => Promise<boolean> {
  let since = performance.now();
  return async () => {
    signal?.throwIfAborted();
    if (performance.now() - since < TURN) return false;
    await new Promise((resume) => setTimeout(resume));
    signal?.throwIfAborted();
    since = performance.now();
    return true;
  };
}

/** Runs a computation to its end in {@link turns}, one after each `yield`. */
export async function inTurns<T>(steps: Generator<unknown, T>, signal?: AbortSignal): Promise<T> {
  const turn = turns(signal);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as T;
    await turn();
  }
}
