/** Decoding without any state: the last window of each text is read again for every token, filled up at the left. */
import { int32 } from "../../core/array.ts";
import { requireFinite } from "../../core/finite.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { evaluation } from "../../nn/mode.ts";
import type { Parameters } from "../../nn/parameters.ts";
import { compile } from "../../runtime/compile.ts";
import type { LanguageModel } from "../language-model.ts";
import { type Decoder, repeated } from "./decoder.ts";

/** [batch] texts of a window each, to the logits after it. */
export function windowGraph({ model, backend }: LanguageModel) {
  return compile(
    (parameters: Parameters, ids: Tensor) =>
      model.forward(parameters, { ids }, evaluation, { logits: "last" }).logits,
    { backend },
  );
}

export type WindowGraph = ReturnType<typeof windowGraph>;

/** A sliding window is what such a model is: it never overflows. */
export class WindowDecoder implements Decoder {
  readonly batch: number;
  readonly #lm: LanguageModel;
  readonly #history: number;
  readonly #step: WindowGraph;
  /** The newest tokens of each text: a window, and those that may have to come back into it. */
  #rows: number[][];
  #length: number;

  constructor(lm: LanguageModel, batch: number, history: number, from?: WindowDecoder, rows?: number[][]) {
    this.batch = batch;
    this.#lm = lm;
    this.#history = history;
    this.#step = from ? from.#step : windowGraph(lm);
    this.#rows = rows ?? Array.from({ length: batch }, () => []);
    this.#length = from ? from.#length : 0;
  }

  async append(tokens: Int32Array): Promise<Float32Array> {
    const { batch } = this;
    const { model, tokenizer, weights, name } = this.#lm;
    const window = model.contextLength;
    const length = tokens.length / batch;
    this.#length += length;
    this.#rows = this.#rows.map((row, r) =>
      [...row, ...tokens.subarray(r * length, (r + 1) * length)].slice(-window - this.#history),
    );
    const ids = new Int32Array(batch * window).fill(tokenizer.endOfText);
    this.#rows.forEach((row, r) => {
      const seen = row.slice(-window);
      ids.set(seen, (r + 1) * window - seen.length);
    });
    const logits = (await this.#step(weights, int32([batch, window], ids))).data as Float32Array;
    requireFinite(logits, name);
    return logits;
  }

  start(ids: Int32Array): Promise<Float32Array> {
    this.reset();
    return this.append(repeated(ids, this.batch));
  }

  branch(rows: ArrayLike<number>): Decoder {
    const texts = Array.from(rows, (r) => this.#rows[r]!.slice(-this.#lm.model.contextLength));
    return new WindowDecoder(this.#lm, rows.length, this.#history, this, texts);
  }

  rewind(tokens: number): boolean {
    const held = this.#rows[0]!.length;
    // What is left must fill the window, unless the text is all there.
    const whole = held === this.#length;
    if (tokens > held || (!whole && held - tokens < this.#lm.model.contextLength)) return false;
    this.#rows = this.#rows.map((row) => row.slice(0, held - tokens));
    this.#length -= tokens;
    return true;
  }

  reset(): void {
    this.#rows = this.#rows.map(() => []);
    this.#length = 0;
  }

  release(): Promise<void> {
    return this.#step.release();
  }
}
