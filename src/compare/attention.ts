/** The attention of one head over a text: a full square where a model reads both ways, else a triangle. */
import { int32 } from "../core/array.ts";
import { partAround } from "../generate/fit.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import type { Tensor } from "../graph/tensor.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import type { Question } from "./engine.ts";
import type { ModelFacts } from "./facts.ts";

export interface AttentionMap {
  /** Counted from 1. */
  readonly layer: number;
  /** Counted from 1. */
  readonly head: number;
  readonly tokens: readonly string[];
  /** [tokens, tokens]: how much the row attends to the column; each row sums to 1. */
  readonly weights: readonly (readonly number[])[];
}

/** Which head is drawn; both counted from 1. */
export interface AttentionHead {
  readonly layer: number;
  readonly head: number;
}

/** Of texts longer than this, which cannot be drawn legibly, {@link DRAWN} tokens around the gap are drawn. */
const MOST_TOKENS = 64;
const DRAWN = 32;

/** The attention, or a sentence that says why there is none. */
export async function attentionOf(
  lm: LanguageModel,
  question: Question,
  { layers, heads }: ModelFacts,
  { layer, head }: AttentionHead,
): Promise<AttentionMap | string> {
  const { name, model, weights, backend, tokenizer } = lm;
  if (layers === undefined || heads === undefined)
    return `${name} has no attention, so there is no picture of it.`;
  if (layer > layers || head > heads)
    return `${name} has ${layers} layers of ${heads} heads, so there is no picture of layer ${layer}, head ${head}.`;
  const all = question.ids.length;
  const { from, to } = partAround([question.at], all, all > MOST_TOKENS ? DRAWN : all, name);
  const [ids, types] = [question.ids.slice(from, to), question.types.slice(from, to)];
  const length = ids.length;
  const one = compile(
    (parameters: Parameters, input: { ids: Tensor; tokenTypes: Tensor }) => {
      const { attention } = model.forward(parameters, input, evaluation, { attention: true });
      return attention![layer - 1]!;
    },
    { backend },
  );
  try {
    const shape = [1, length];
    const { data } = await one(weights, { ids: int32(shape, ids), tokenTypes: int32(shape, types) });
    // [1, heads, length, length]
    const first = (head - 1) * length * length;
    const row = (i: number) =>
      Array.from((data as Float32Array).subarray(first + i * length, first + (i + 1) * length));
    return {
      layer,
      head,
      tokens: Array.from(ids, tokenizer.token),
      weights: Array.from({ length }, (_, i) => row(i)),
    };
  } finally {
    await one.release();
  }
}
