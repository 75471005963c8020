/**
 * Decoding with attention's keys and values kept: any number of tokens at a time, one graph for all lengths,
 * and memory that the graph writes in place.
 */
import { float32, type HostArray, int32 } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import type { Spec } from "../graph/tree.ts";
import type { ModelInput, State } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import type { Decoder } from "./decoding.ts";
import { type LanguageModel, weightSpecs } from "./language-model.ts";
import { enlarge, zeroState } from "./state.ts";

/** Tokens that a fresh cache has room for; it doubles as needed. */
const FIRST_CAPACITY = 128;

export function cacheDecoder(lm: LanguageModel, batch: number, overflow: "error" | "slide"): Decoder {
  const { model, weights, backend } = lm;
  const specs = model.state(batch);
  const step = compile(
    (parameters: Parameters, input: ModelInput & { state: State }) => {
      const { logits, state } = model.forward(parameters, input, evaluation, { logits: "last" });
      return { logits, state };
    },
    {
      backend,
      specs: [weightSpecs(lm), { ids: { dtype: "int32", shape: [batch, "length"] }, state: specs }],
    },
  );
  const logits = float32([batch, model.config.vocab_size]);
  let capacity = Math.min(FIRST_CAPACITY, model.contextLength);
  let state = zeroState(specs, capacity);
  let rows: number[][] = Array.from({ length: batch }, () => []);

  function reserve(used: number, needed: number): void {
    if (needed <= capacity) return;
    while (capacity < needed) capacity *= 2;
    capacity = Math.min(capacity, model.contextLength);
    state = enlarge(state, specs, capacity, used);
  }

  async function feed(tokens: Int32Array): Promise<void> {
    const ids = int32([batch, tokens.length / batch], tokens);
    const memory = Object.fromEntries(
      Object.entries(state).filter(([name]) => specs[name]!.shape.some((d) => typeof d === "string")),
    );
    const result = await step.run([weights, { ids, state }], { into: { logits, state: memory } });
    state = result.state as Record<string, HostArray>;
  }

  /** Reads tokens that are to follow the first `past` of every row. */
  async function read(tokens: Int32Array, past: number): Promise<Float32Array> {
    const length = tokens.length / batch;
    reserve(past, past + length);
    // The kernel takes several tokens after others only of a single row.
    const piece = batch === 1 || past === 0 ? length : 1;
    for (let t = 0; t < length; t += piece) await feed(piece === length ? tokens : column(tokens, batch, t));
    return logits.data;
  }

  function reset(): void {
    rows = rows.map(() => []);
    state = { ...state, ...zeroLengths(specs) };
  }

  return {
    batch,
    async append(tokens) {
      const length = tokens.length / batch;
      const past = rows[0]!.length;
      rows.forEach((row, r) => {
        for (let t = 0; t < length; t++) row.push(tokens[r * length + t]!);
      });
      if (past + length <= model.contextLength) return read(tokens, past);
      if (overflow === "error") {
        for (const row of rows) row.length = past;
        throw contextOverflow(lm, past + length);
      }
      // Keep the newer half of the context and read it again: positions cannot move under a cache.
      const kept = rows.map((row) => row.slice(-Math.max(1, Math.floor(model.contextLength / 2))));
      reset();
      rows = kept;
      return read(Int32Array.from(kept.flat()), 0);
    },
    reset,
    release: () => step.release(),
  };
}

/** Column `t` of [batch, length]. */
function column(tokens: Int32Array, batch: number, t: number): Int32Array {
  const length = tokens.length / batch;
  return Int32Array.from({ length: batch }, (_, row) => tokens[row * length + t]!);
}

/** The tensors of a state that say how much of the rest is used, at their beginning. */
function zeroLengths(specs: Readonly<Record<string, Spec>>): Record<string, HostArray> {
  const fixed = Object.entries(specs).filter(([, { shape }]) => shape.every((d) => typeof d === "number"));
  return zeroState(Object.fromEntries(fixed));
}

function contextOverflow({ model, name }: LanguageModel, length: number): UsageError {
  return new UsageError(
    `${name} sees at most ${model.contextLength} tokens at once and the text would have ${length}; shorten the prompt or --max-length, or add --slide to drop the oldest.`,
    { contextLength: model.contextLength, length },
  );
}
