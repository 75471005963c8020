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
  /** `[tokens, tokens]`: how much the row attends to the column; each row sums to 1. */
  readonly weights: readonly (readonly number[])[];
  /** All heads of all layers, where they were asked for. */
  readonly heads?: AttentionHeads | undefined;
}

/** The attention of every head, in few bytes. */
export interface AttentionHeads {
  readonly layers: number;
  /** Of each layer. */
  readonly heads: number;
  /** Fewer than those of the map where there are very many heads. */
  readonly tokens: readonly string[];
  /** Whether the text has others before and after them, which are left out. */
  readonly cut: { readonly before: boolean; readonly after: boolean };
  /** Base64 of a byte for each weight, [layers, heads, tokens, tokens]: 255 times its square root. */
  readonly weights: string;
}

/** Which head is drawn, both counted from 1; and whether all are kept. */
export interface AttentionHead {
  readonly layer: number;
  readonly head: number;
  readonly all?: boolean | undefined;
}

/** Of texts longer than this, which cannot be drawn legibly, {@link DRAWN} tokens around the gap are drawn. */
const MOST_TOKENS = 64;
const DRAWN = 32;
/** Of all heads, at most so many weights are kept. */
const MOST_WEIGHTS = 100_000;

/** The attention, or a sentence that says why there is none. */
export async function attentionOf(
  lm: LanguageModel,
  question: Question,
  { layers, heads }: ModelFacts,
  { layer, head, all: everyHead = false }: AttentionHead,
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
      return everyHead ? attention! : [attention![layer - 1]!];
    },
    { backend },
  );
  try {
    const shape = [1, length];
    const maps = await one(weights, { ids: int32(shape, ids), tokenTypes: int32(shape, types) });
    // Each [1, heads, length, length]
    const data = maps.map((map) => map.data as Float32Array);
    const drawn = data[everyHead ? layer - 1 : 0]!;
    const first = (head - 1) * length * length;
    const row = (i: number) => Array.from(drawn.subarray(first + i * length, first + (i + 1) * length));
    const tokens = Array.from(ids, tokenizer.token);
    return {
      layer,
      head,
      tokens,
      weights: Array.from({ length }, (_, i) => row(i)),
      ...(everyHead && {
        heads: inBytes(data, heads, { tokens, gap: question.at - from, before: from > 0, after: to < all }),
      }),
    };
  } finally {
    await one.release();
  }
}

/** Every head, on all tokens or as many around the gap as there is room for. */
function inBytes(
  layers: readonly Float32Array[],
  heads: number,
  {
    tokens,
    gap,
    before,
    after,
  }: {
    readonly tokens: readonly string[];
    readonly gap: number;
    readonly before: boolean;
    readonly after: boolean;
  },
): AttentionHeads {
  const length = tokens.length;
  const most = Math.min(length, Math.floor(Math.sqrt(MOST_WEIGHTS / (layers.length * heads))));
  const { from, to } = partAround([gap], length, most, "attention");
  let bytes = "";
  for (const layer of layers) {
    for (let head = 0; head < heads; head++) {
      for (let y = from; y < to; y++) {
        const row = (head * length + y) * length;
        for (const weight of layer.subarray(row + from, row + to))
          bytes += String.fromCharCode(Math.round(255 * Math.sqrt(weight)));
      }
    }
  }
  const cut = { before: before || from > 0, after: after || to < length };
  return { layers: layers.length, heads, tokens: tokens.slice(from, to), cut, weights: btoa(bytes) };
}
