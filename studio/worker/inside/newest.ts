/**
 * One of a kind at a time: what is made for a key is kept until another key is asked for, and released before the next is
 * made, when the work with it has ended. Keys that are no longer the newest before their turn comes are left out, as when
 * somebody types faster than the work is done.
 */
interface Releasable {
  release(): Promise<void>;
}

/** Work with what was made; `superseded` is aborted when another key is asked for. */
type Work<T, R> = (made: T, superseded: AbortSignal) => Promise<R>;

class Kept<T extends Releasable> {
  readonly key: string;
  readonly #superseded = new AbortController();
  readonly #made: Promise<T>;
  readonly #working = new Set<Promise<unknown>>();

  constructor(key: string, make: () => T, before: Kept<T> | undefined) {
    this.key = key;
    this.#made = this.#makeAfter(before, make);
  }

  async #makeAfter(before: Kept<T> | undefined, make: () => T): Promise<T> {
    await before?.end();
    this.#superseded.signal.throwIfAborted();
    return make();
  }

  async use<R>(work: Work<T, R>): Promise<R> {
    const { signal } = this.#superseded;
    const own = this.#made.then((made) => {
      signal.throwIfAborted();
      return work(made, signal);
    });
    this.#working.add(own);
    try {
      return await own;
    } finally {
      this.#working.delete(own);
    }
  }

  async end(): Promise<void> {
    this.#superseded.abort(new DOMException("Another was asked for since.", "AbortError"));
    await Promise.allSettled(this.#working);
    const made = await this.#made.catch(() => undefined);
    await made?.release();
  }
}

export function newestOf<T extends Releasable>() {
  let kept: Kept<T> | undefined;
  /** @throws DOMException `AbortError` where another key is asked for before the work has begun */
  return <R>(key: string, make: () => T, work: Work<T, R>): Promise<R> => {
    if (kept?.key !== key) kept = new Kept(key, make, kept);
    return kept.use(work);
  };
}
