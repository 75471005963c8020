/** What every decoder can do, however its model keeps what it has read. */

export interface Decoder {
  readonly batch: number;
  /**
   * Appends tokens to every row and returns the logits of what comes next.
   * @param ids [batch · length], row after row
   * @param signal looked at between the pieces in which many tokens are read; the decoder must be reset after it
   * @returns [batch · vocabulary], good until the next call
   */
  append(ids: Int32Array, signal?: AbortSignal): Promise<Float32Array>;
  /**
   * Forgets all text, and reads the same tokens in every row.
   * @returns [batch · vocabulary], good until the next call
   */
  start(ids: Int32Array, signal?: AbortSignal): Promise<Float32Array>;
  /**
   * A decoder in which row `i` goes on from what row `rows[i]` of this one has read; this one stays as it is.
   * The two share their graphs, so that releasing one releases both.
   */
  branch(rows: ArrayLike<number>): Decoder;
  /** Takes back the newest `tokens` of every row; false, with nothing changed, where that much is not remembered. */
  rewind(tokens: number): boolean;
  /** Forgets all text. */
  reset(): void;
  release(): Promise<void>;
}

/** The same tokens for `batch` rows. */
export function repeated(ids: Int32Array, batch: number): Int32Array {
  const rows = new Int32Array(batch * ids.length);
  for (let row = 0; row < batch; row++) rows.set(ids, row * ids.length);
  return rows;
}

export interface DecoderOptions {
  /** Texts that grow side by side. Default 1. */
  readonly batch?: number | undefined;
  /** What to do when a text outgrows the context: refuse, or drop its older half. Default `error`. */
  readonly overflow?: Overflow | undefined;
  /**
   * Tokens that {@link Decoder.rewind} can take back of models that do not keep tokens; those that do can take
   * back all that they hold. A branch starts without any. Default 0.
   */
  readonly history?: number | undefined;
}

export type Overflow = "error" | "slide";
