/**
 * Next-token logits for a batch of growing texts, whatever the architecture: with carried state where
 * the model has one, from the whole window again where it has none.
 */
import { allocate, float32, type HostArray, hostArray, int32, sizeOf } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import type { ModelInput, State } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import type { LanguageModel } from "./language-model.ts";

export interface Decoder {
  readonly batch: number;
  /**
   * Appends tokens to every row and returns the logits of what comes next.
   * @param ids [batch · length], row after row
   * @returns [batch · vocabulary]
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

export function createDecoder(lm: LanguageModel, options: DecoderOptions = {}): Decoder {
  const { batch = 1, overflow = "error" } = options;
  const specs = lm.model.state(batch);
  const sizes = Object.values(specs);
  if (sizes.length === 0) return windowDecoder(lm, batch, overflow);
  const grows = sizes.some(({ shape }) => shape.some((d) => typeof d === "string"));
  return grows ? cacheDecoder(lm, specs, batch, overflow) : stateDecoder(lm, specs, batch);
}

/** State of fixed size: one token at a time through one graph, whatever the length of the text. */
function stateDecoder(lm: LanguageModel, specs: Readonly<Record<string, Spec>>, batch: number): Decoder {
  const { model, weights, backend } = lm;
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; state: State }) =>
      model.forward(parameters, input, evaluation, { logits: "last" }),
    { backend },
  );
  const fresh = () => zeroState(specs);
  let state = fresh();
  return {
    batch,
    async append(ids) {
      const length = ids.length / batch;
      let logits: Float32Array = new Float32Array();
      for (let t = 0; t < length; t++) {
        const column = Int32Array.from({ length: batch }, (_, row) => ids[row * length + t]!);
        const result = await step(weights, { ids: int32([batch, 1], column), state });
        state = result.state as Record<string, HostArray>;
        logits = result.logits.data as Float32Array;
      }
      return logits;
    },
    reset() {
      state = fresh();
    },
    release: () => step.release(),
  };
}

/** State that grows with the text, such as attention's keys and values: any number of tokens at a time. */
function cacheDecoder(
  lm: LanguageModel,
  specs: Readonly<Record<string, Spec>>,
  batch: number,
  overflow: "error" | "slide",
): Decoder {
  const { model, weights, backend } = lm;
  const ids: Spec = { dtype: "int32", shape: [batch, "length"] };
  const step = compile(
    (parameters: Parameters, input: ModelInput & { state: State }) =>
      model.forward(parameters, input, evaluation, { logits: "last" }),
    { backend, specs: [parameterSpecs(lm), { ids, positions: ids, state: specs }] },
  );
  let state = zeroState(specs);
  let rows: number[][] = Array.from({ length: batch }, () => []);
  const feed = async (tokens: Int32Array, past: number): Promise<Float32Array> => {
    const length = tokens.length / batch;
    const positions = Int32Array.from(tokens, (_, i) => past + (i % length));
    const shape = [batch, length];
    const result = await step(weights, {
      ids: int32(shape, tokens),
      positions: int32(shape, positions),
      state,
    } as never);
    state = result.state as Record<string, HostArray>;
    return result.logits.data as Float32Array;
  };
  return {
    batch,
    async append(tokens) {
      const length = tokens.length / batch;
      const past = rows[0]!.length;
      rows.forEach((row, r) => {
        for (let t = 0; t < length; t++) row.push(tokens[r * length + t]!);
      });
      if (past + length <= model.contextLength) return feed(tokens, past);
      if (overflow === "error") throw contextOverflow(lm, past + length);
      // Keep the newer half of the context and read it again: positions cannot move under a cache.
      const keep = Math.max(1, Math.floor(model.contextLength / 2));
      rows = rows.map((row) => row.slice(-keep));
      state = zeroState(specs);
      return feed(Int32Array.from(rows.flat()), 0);
    },
    reset() {
      rows = rows.map(() => []);
      state = zeroState(specs);
    },
    release: () => step.release(),
  };
}

/** No state: the last window of each text is read again for every token, filled up at the left. */
function windowDecoder(lm: LanguageModel, batch: number, overflow: "error" | "slide"): Decoder {
  const { model, weights, backend, tokenizer } = lm;
  const window = model.contextLength;
  const step = compile(
    (parameters: Parameters, ids: Tensor) =>
      model.forward(parameters, { ids }, evaluation, { logits: "last" }).logits,
    { backend },
  );
  let rows: number[][] = Array.from({ length: batch }, () => []);
  void overflow; // A sliding window is what such a model is: it never overflows.
  return {
    batch,
    async append(tokens) {
      const length = tokens.length / batch;
      rows.forEach((row, r) => {
        for (let t = 0; t < length; t++) row.push(tokens[r * length + t]!);
      });
      rows = rows.map((row) => row.slice(-window));
      const ids = new Int32Array(batch * window).fill(tokenizer.endOfText);
      rows.forEach((row, r) => {
        ids.set(row, (r + 1) * window - row.length);
      });
      return (await step(weights, int32([batch, window], ids))).data as Float32Array;
    },
    reset() {
      rows = rows.map(() => []);
    },
    release: () => step.release(),
  };
}

function parameterSpecs({ model }: LanguageModel): Record<string, Spec> {
  return Object.fromEntries(model.parameters.map(({ name, shape }) => [name, { dtype: "float32", shape }]));
}

/** Zeros for every tensor of a state; a size that grows starts at 0. */
export function zeroState(specs: Readonly<Record<string, Spec>>): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => {
      const sizes = shape.map((d) => (typeof d === "string" ? 0 : d));
      return [
        name,
        dtype === "float32" ? float32(sizes) : hostArray(dtype, sizes, allocate(dtype, sizeOf(sizes))),
      ];
    }),
  );
}

function contextOverflow({ model, name }: LanguageModel, length: number): UsageError {
  return new UsageError(
    `${name} sees at most ${model.contextLength} tokens at once and the text would have ${length}; shorten the prompt or --max-length, or add --slide to drop the oldest.`,
    { contextLength: model.contextLength, length },
  );
}
