/** Decoding with a state of fixed size: one token at a time through one graph, whatever the length of the text. */
import { type HostArray, int32 } from "../../core/array.ts";
import { requireFinite } from "../../core/finite.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type State, zeroState } from "../../models/model.ts";
import { selectRows } from "../../models/state.ts";
import { evaluation } from "../../nn/mode.ts";
import type { Parameters } from "../../nn/parameters.ts";
import { compile } from "../../runtime/compile.ts";
import type { LanguageModel } from "../language-model.ts";
import { type Decoder, repeated } from "./decoder.ts";

type Arrays = Record<string, HostArray>;

function graphOf({ model, backend }: LanguageModel) {
  return compile(
    (parameters: Parameters, input: { ids: Tensor; state: State }) =>
      model.forward(parameters, input, evaluation, { logits: "last" }),
    { backend },
  );
}

export class StateDecoder implements Decoder {
  readonly batch: number;
  readonly #lm: LanguageModel;
  readonly #history: number;
  readonly #step: ReturnType<typeof graphOf>;
  #state: Arrays;
  /** States before the newest tokens, the oldest first: `#history` at most. No run writes into them. */
  #before: Arrays[] = [];

  constructor(lm: LanguageModel, batch: number, history: number, from?: StateDecoder, state?: Arrays) {
    this.batch = batch;
    this.#lm = lm;
    this.#history = history;
    this.#step = from ? from.#step : graphOf(lm);
    this.#state = state ?? zeroState(lm.model.state(batch));
  }

  async append(ids: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    const { batch } = this;
    const length = ids.length / batch;
    let logits: Float32Array = new Float32Array();
    for (let t = 0; t < length; t++) {
      signal?.throwIfAborted();
      const column = Int32Array.from({ length: batch }, (_, row) => ids[row * length + t]!);
      const input = { ids: int32([batch, 1], column), state: this.#state };
      const result = await this.#step(this.#lm.weights, input);
      this.#remember();
      this.#state = result.state as Arrays;
      logits = result.logits.data as Float32Array;
      requireFinite(logits, this.#lm.name);
    }
    return logits;
  }

  start(ids: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    this.reset();
    return this.append(repeated(ids, this.batch), signal);
  }

  branch(rows: ArrayLike<number>): Decoder {
    const state = selectRows(this.#state, this.#lm.model.state(rows.length), rows);
    return new StateDecoder(this.#lm, rows.length, this.#history, this, state);
  }

  rewind(tokens: number): boolean {
    if (tokens > this.#before.length) return false;
    if (tokens > 0) [this.#state] = this.#before.splice(-tokens) as [Arrays];
    return true;
  }

  reset(): void {
    this.#state = zeroState(this.#lm.model.state(this.batch));
    this.#before = [];
  }

  release(): Promise<void> {
    return this.#step.release();
  }

  #remember(): void {
    if (this.#history === 0) return;
    if (this.#before.length === this.#history) this.#before.shift();
    this.#before.push(this.#state);
  }
}
