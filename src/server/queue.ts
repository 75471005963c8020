/** Runs one request at a time, since a model uses all cores. */
import { ApiError } from "./errors.ts";

interface Turn {
  begin(): void;
  refuse(error: Error): void;
}

export class Queue {
  readonly #limit: number;
  /** In order of arrival. */
  readonly #waiting = new Set<Turn>();
  #busy = false;
  #closed = false;
  #onIdle: (() => void) | undefined;

  /** @param limit requests that may wait or run */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Requests that wait or run. */
  get size(): number {
    return this.#waiting.size + (this.#busy ? 1 : 0);
  }

  /**
   * Runs `work` when all earlier work is done.
   * @throws ApiError 503 where too many requests wait or the server is closing; the signal's reason, as soon as it
   * aborts, where `work` has not begun
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#closed) throw stopping();
    if (this.size >= this.#limit)
      throw new ApiError(503, `${this.#limit} requests are waiting already; try again later.`, "overloaded");
    signal.throwIfAborted();
    if (this.#busy) await this.#turn(signal);
    this.#busy = true;
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      if (next) next.begin();
      else {
        this.#busy = false;
        this.#onIdle?.();
      }
    }
  }

  /** Refuses requests that have not begun; resolves when the running one is done. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const turn of this.#waiting) turn.refuse(stopping());
    if (this.#busy)
      await new Promise<void>((done) => {
        this.#onIdle = done;
      });
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(turn);
        signal.removeEventListener("abort", onAbort);
      };
      const turn: Turn = {
        begin() {
          leave();
          resolve();
        },
        refuse(error) {
          leave();
          reject(error);
        },
      };
      const onAbort = () => turn.refuse(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(turn);
    });
  }
}

export const stopping = () => new ApiError(503, "The server is stopping.", "stopping");
