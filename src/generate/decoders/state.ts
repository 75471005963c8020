/** Decoding with a state of fixed size: one token at a time through one graph, whatever the length of the text. */
import { type HostArray, int32 } from "../../core/array.ts";
import { requireFinite } from "../../core/finite.ts";
import { remember } from "../../core/remember.ts";
import { constant } from "../../graph/leaves.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type State, zeroState } from "../../models/model.ts";
import { selectRows } from "../../models/state.ts";
import { evaluation } from "../../nn/mode.ts";
import type { Parameters } from "../../nn/parameters.ts";
import { compile } from "../../runtime/compile.ts";
import { type LanguageModel, weightSpecs } from "../language-model.ts";
import { type Decoder, repeated } from "./decoder.ts";

type Arrays = Record<string, HostArray>;
export type StateGraph = ReturnType<typeof stateGraph>;

/** Bytes of weights up to which they are constants of the graph: a graph of more than 2 GB cannot be loaded. */
const MOST_CONSTANT = 2 ** 28;

/** Tokens from which on reading a text once and copying its state takes less time, the graph for one row included. */
const SHARED = 16;

/**
 * Some tokens of each of `batch` texts. Weights as constants are laid out for the products once, not at every token.
 * @param logits after the last token of each text, or after each token
 */
export function stateGraph(lm: LanguageModel, batch: number, length = 1, logits: "last" | "all" = "last") {
  const { model, backend } = lm;
  const constants = constantWeights(lm);
  return compile(
    (parameters: Parameters, input: { ids: Tensor; state: State }) =>
      model.forward({ ...parameters, ...constants }, input, evaluation, { logits }),
    {
      backend,
      specs: [
        weightSpecs(lm),
        { ids: { dtype: "int32", shape: [batch, length] }, state: model.state(batch) },
      ],
    },
  );
}

/** The weights in memory, where they are small enough. */
function constantWeights({ weights }: LanguageModel): Parameters {
  const arrays = Object.entries(weights).filter((entry): entry is [string, HostArray] => "data" in entry[1]);
  const bytes = arrays.reduce((sum, [, { data }]) => sum + data.byteLength, 0);
  return bytes > MOST_CONSTANT
    ? {}
    : Object.fromEntries(arrays.map(([name, array]) => [name, constant(array)]));
}

export class StateDecoder implements Decoder {
  readonly batch: number;
  readonly #lm: LanguageModel;
  readonly #history: number;
  /** By the number of texts; shared with branches. */
  readonly #graphs: Map<number, StateGraph>;
  #state: Arrays;
  /** States before the newest tokens, the oldest first: `#history` at most. No run writes into them. */
  #before: Arrays[] = [];

  constructor(lm: LanguageModel, batch: number, history: number, from?: StateDecoder, state?: Arrays) {
    this.batch = batch;
    this.#lm = lm;
    this.#history = history;
    this.#graphs = from ? from.#graphs : new Map();
    this.#state = state ?? zeroState(lm.model.state(batch));
  }

  async append(ids: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    const { batch } = this;
    const step = remember(this.#graphs, batch, () => stateGraph(this.#lm, batch));
    const length = ids.length / batch;
    let logits: Float32Array = new Float32Array();
    for (let t = 0; t < length; t++) {
      signal?.throwIfAborted();
      const column = Int32Array.from({ length: batch }, (_, row) => ids[row * length + t]!);
      const result = await step(this.#lm.weights, { ids: int32([batch, 1], column), state: this.#state });
      this.#remember();
      this.#state = result.state as Arrays;
      logits = result.logits.data as Float32Array;
      requireFinite(logits, this.#lm.name);
    }
    return logits;
  }

  async start(ids: Int32Array, signal?: AbortSignal): Promise<Float32Array> {
    const { batch } = this;
    this.reset();
    if (batch === 1 || ids.length < SHARED) return this.append(repeated(ids, batch), signal);
    const one = new StateDecoder(this.#lm, 1, this.#history, this);
    const logits = await one.append(ids, signal);
    const specs = this.#lm.model.state(batch);
    const forAll = (state: Arrays) => selectRows(state, specs, new Uint32Array(batch));
    this.#state = forAll(one.#state);
    this.#before = one.#before.map(forAll);
    const all = new Float32Array(batch * logits.length);
    for (let row = 0; row < batch; row++) all.set(logits, row * logits.length);
    return all;
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

  async release(): Promise<void> {
    for (const graph of this.#graphs.values()) await graph.release();
  }

  #remember(): void {
    if (this.#history === 0) return;
    if (this.#before.length === this.#history) this.#before.shift();
    this.#before.push(this.#state);
  }
}
