/** The seconds of a training: all that pass, or those of its steps alone. */

export class Clock {
  readonly #stops: boolean;
  #counted: number;
  /** When it was last set going; undefined while it is paused. */
  #since: number | undefined;

  /**
   * A clock that goes.
   * @param seconds of earlier sessions
   * @param stops whether {@link aside} stops it
   */
  constructor(seconds: number, stops: boolean) {
    this.#counted = seconds;
    this.#stops = stops;
    this.#since = performance.now();
  }

  /** Counted so far, earlier sessions included. */
  get seconds(): number {
    const running = this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000;
    return this.#counted + running;
  }

  /** Does work that is not a step: a clock that counts steps alone pauses meanwhile. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#stops || this.#since === undefined) return work();
    this.#counted = this.seconds;
    this.#since = undefined;
    try {
      return await work();
    } finally {
      this.#since = performance.now();
    }
  }
}
