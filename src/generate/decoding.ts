/** What every decoder can do, however its model keeps what it has read. */

export interface Decoder {
  readonly batch: number;
  /**
   * Appends tokens to every row and returns the logits of what comes next.
   * @param ids [batch · length], row after row
   * @returns [batch · vocabulary], good until the next call
   */
  append(ids: Int32Array): Promise<Float32Array>;
  /** Forgets all text. */
  reset(): void;
  release(): Promise<void>;
}

export interface DecoderOptions {
  /** Texts that grow side by side. Default 1. */
  readonly batch?: number;
  /** What to do when a text outgrows the context: refuse, or drop its older half. Default `error`. */
  readonly overflow?: "error" | "slide";
}
