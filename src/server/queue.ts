/** One request at a time: a model uses all cores by itself. */
import { ApiError } from "./errors.ts";

export class Queue {
  readonly #limit: number;
  #last: Promise<unknown> = Promise.resolve();
  #size = 0;
  #closed = false;

  /** @param limit requests that may wait or be under way */
  constructor(limit = 64) {
    this.#limit = limit;
  }

  /** Requests that wait or are under way. */
  get size(): number {
    return this.#size;
  }

  /**
   * Does `work` when all before it is done.
   * @throws ApiError 503 where too many wait, or the server is closing; the signal's reason where it aborts before
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#size >= this.#limit)
      throw new ApiError(503, `${this.#limit} requests are waiting already; try again later.`, "overloaded");
    this.#size++;
    const turn = this.#last.then(() => {
      if (this.#closed) throw new ApiError(503, "The server is stopping.", "stopping");
      signal.throwIfAborted();
      return work();
    });
    this.#last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#size--;
    }
  }

  /** Refuses what has not begun; resolves when what is under way is done. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}
