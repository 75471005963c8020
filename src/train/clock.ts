/** The seconds of a training: all that pass, or those of its steps alone. */

export class Clock {
  readonly #stops: boolean;
  #counted: number;
  /** When it was last set going; undefined while it stands. */
  #since: number | undefined;

  /**
   * A clock that goes.
   * @param seconds of earlier sittings
   * @param stops whether {@link aside} stops it
   */
  constructor(seconds: number, stops: boolean) {
    this.#counted = seconds;
    this.#stops = stops;
    this.#since = performance.now();
  }

  /** Counted so far, earlier sittings included. */
  get seconds(): number {
    const running = this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000;
    return this.#counted + running;
  }

  /** Does work that is no step: a clock that counts steps alone stands meanwhile. */
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
