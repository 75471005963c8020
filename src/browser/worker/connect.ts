/** The page's side: calls that a worker answers. */
import { PunchlineError } from "../../core/errors.ts";
import { type Calls, type FromPage, type FromWorker, receivedError } from "./messages.ts";

export interface CallOptions<Event> {
  readonly onEvent?: ((event: Event) => void) | undefined;
  /** Tells the worker to stop; a training ends with a checkpoint and gives what there is. */
  readonly signal?: AbortSignal | undefined;
}

export interface Connection<C extends Calls<C>> {
  /** @throws the library's errors, as the worker met them */
  call<K extends keyof C & string>(
    name: K,
    request: C[K]["request"],
    options?: CallOptions<C[K]["event"]>,
  ): Promise<C[K]["result"]>;
  /** Ends the worker at once; calls that wait fail. */
  close(): void;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  onEvent?: ((event: unknown) => void) | undefined;
}

/**
 * Calls of a worker that runs `punchline/worker`, or another that serves the calls of `C`.
 *
 * @example
 * const engine = connectWorker(new Worker(new URL("./engine.js", import.meta.url), { type: "module" }));
 * await engine.call("train", { run: "names", texts, model: "char-lstm" }, { onEvent: console.log });
 */
export function connectWorker<C extends Calls<C>>(worker: Worker): Connection<C> {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  const fail = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.addEventListener("message", ({ data }) => {
    const message = data as FromWorker;
    const call = waiting.get(message.id);
    if (!call) return;
    if (message.type === "event") return call.onEvent?.(message.event);
    waiting.delete(message.id);
    if (message.type === "result") call.resolve(message.result);
    else call.reject(receivedError(message.error));
  });
  worker.addEventListener("error", ({ message }) =>
    fail(
      new PunchlineError(
        "worker",
        `The worker could not be started${message ? `: ${message}` : ""}; load the page again.`,
      ),
    ),
  );
  return {
    async call(name, request, { onEvent, signal } = {}) {
      signal?.throwIfAborted();
      const id = ++last;
      const post = (message: FromPage) => worker.postMessage(message);
      const abort = () => post({ type: "abort", id });
      signal?.addEventListener("abort", abort, { once: true });
      try {
        return await new Promise((resolve, reject) => {
          waiting.set(id, { resolve, reject, onEvent: onEvent as Waiting["onEvent"] });
          post({ type: "call", id, name, request });
        });
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
    close() {
      worker.terminate();
      fail(new PunchlineError("worker", "The worker was closed."));
    },
  };
}
