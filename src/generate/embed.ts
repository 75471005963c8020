/**
 * Texts as vectors: the mean over a text's tokens of the hidden states that the model's last layer gives.
 *
 * Pillutla et al. (MAUVE) take the last token's vector of GPT-2 large. The mean suits small models better: their
 * last vector mostly says how texts end.
 */
import { type HostArray, int32, joined } from "../core/array.ts";
import { InputError, UsageError } from "../core/errors.ts";
import { checkOptions, checkText, checkTexts, optionNames } from "../core/options.ts";
import { turns } from "../core/turns.ts";
import type { Tensor } from "../graph/tensor.ts";
import { hasGrowingState, type Model, type State, zeroState } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import { isHuggingFaceTokenizer } from "../text/huggingface.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { beginOf, checkModel, type LanguageModel } from "./language-model.ts";

/** Lengths are rounded up to multiples of this, so that few graphs serve all texts. */
const ROUND = 32;
const BATCHES = [1, 2, 4, 8, 16] as const;
/** Whether the model has vectors to compare texts by. */
export const canEncode = (model: Model): boolean => model.predicts !== "last";

export interface EmbedOptions {
  /** Most tokens of a text that are read. Default: as many as the model can read at once; all, of recurrent models. */
  readonly maxTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const embedOptionNames = optionNames<keyof EmbedOptions>()("maxTokens signal");

/**
 * The text as one vector [width]: the mean of the last layer's hidden states over the text's tokens and the special
 * tokens that the model expects around it. Its length is not normalised: compare vectors of one model by their cosine.
 *
 * @example
 * const vector = await embed(lm, "Why did the chicken cross the road?");
 * @throws UsageError for a model that has no vector for each token (char-bilstm)
 */
export async function embed(lm: LanguageModel, text: string, options?: EmbedOptions): Promise<Float32Array> {
  checkText(text);
  return (await embedTexts(lm, [text], options))[0]!;
}

/**
 * {@link embed} of many texts, which are read side by side. A text without tokens is read as an end of text;
 * characters that the vocabulary cannot spell are left out.
 */
export async function embedTexts(
  lm: LanguageModel,
  texts: readonly string[],
  options?: EmbedOptions,
): Promise<Float32Array[]> {
  checkTexts(texts);
  const embedder = createEmbedder(lm);
  try {
    return await embedder.embed(texts, options);
  } finally {
    await embedder.release();
  }
}

export interface Embedder {
  /** As {@link embedTexts}; texts may be ids, with or without the special tokens around them. */
  embed(texts: readonly (string | ArrayLike<number>)[], options?: EmbedOptions): Promise<Float32Array[]>;
  release(): Promise<void>;
}

/** Keeps its graph from call to call. */
export function createEmbedder(lm: LanguageModel): Embedder {
  checkModel(lm);
  const { model, backend, name } = lm;
  if (!canEncode(model))
    throw new UsageError(`${name} (${model.config.model_type}) has no vector for each token of a text.`);
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; attentionMask?: Tensor; state: State }) => {
      const hidden = model.forward(parameters, input, evaluation).hidden?.at(-1);
      if (!hidden) throw new UsageError(`${name} has no vector for each token of a text.`);
      return hidden;
    },
    { backend },
  );
  return { embed: (texts, options) => embedWith(lm, step, texts, options), release: () => step.release() };
}

type Step = (
  weights: LanguageModel["weights"],
  input: { ids: HostArray<"int32">; attentionMask?: HostArray<"int32">; state: Record<string, HostArray> },
) => Promise<HostArray>;

async function embedWith(
  lm: LanguageModel,
  step: Step,
  texts: readonly (string | ArrayLike<number>)[],
  options: EmbedOptions = {},
): Promise<Float32Array[]> {
  const { maxTokens = Infinity, signal } = checkOptions(options, embedOptionNames);
  const { model, weights } = lm;
  const most = Math.min(mostTokens(model), maxTokens);
  const rows = texts.map((text) => tokensOf(lm, text, most));
  const masked = model.predicts === "masked";
  const features = new Array<Float32Array>(texts.length);
  const batch = BATCHES.find((size) => size >= rows.length) ?? BATCHES.at(-1)!;
  const order = rows.map((_, i) => i).sort((a, b) => rows[a]!.length - rows[b]!.length);
  const turn = turns(signal);
  for (let k = 0; k < order.length; k += batch) {
    await turn();
    const some = order.slice(k, k + batch);
    const longest = rows[some.at(-1)!]!.length;
    const length = Math.min(most, Math.ceil(longest / ROUND) * ROUND);
    const ids = new Int32Array(batch * length);
    const real = new Int32Array(batch * length);
    some.forEach((i, row) => {
      ids.set(rows[i]!, row * length);
      real.fill(1, row * length, row * length + rows[i]!.length);
    });
    // Rows of nothing but padding would attend to nothing.
    for (let row = some.length; row < batch; row++) real[row * length] = 1;
    const shape = [batch, length];
    const carries = !Number.isFinite(model.contextLength);
    const state: Record<string, HostArray> = carries ? zeroState(model.state(batch)) : {};
    const input = { ids: int32(shape, ids), state };
    const hidden = await step(weights, masked ? { ...input, attentionMask: int32(shape, real) } : input);
    const width = hidden.shape[1]!;
    some.forEach((i, row) => {
      const from = row * length * width;
      features[i] = meanOfRows((hidden.data as Float32Array).subarray(from), rows[i]!.length, width);
    });
  }
  return features;
}

/** Tokens that the model can read in one go: a transformer has no positions for more. */
function mostTokens(model: Model): number {
  const placed = model.predicts === "masked" || hasGrowingState(model);
  return placed ? model.contextLength : Infinity;
}

/** The ids of a text, with the special tokens that its model expects. */
function tokensOf(
  { tokenizer, model }: LanguageModel,
  text: string | ArrayLike<number>,
  most: number,
): Int32Array {
  const masked = model.predicts === "masked";
  const begins = (masked ? clsOf(tokenizer) : undefined) ?? beginOf(tokenizer);
  const ends = masked ? tokenizer.endOfText : undefined;
  const ids =
    typeof text === "string" ? spelled(tokenizer, text) : within(Int32Array.from(text), begins, ends);
  const first = begins ?? (ids.length === 0 ? tokenizer.endOfText : undefined);
  const [before, after] = [first, ends].map((id) => (id === undefined ? [] : [id]));
  const room = Math.max(0, most - before!.length - after!.length);
  return joined(before!, ids.subarray(0, room), after!);
}

/** Ids without the special tokens around them, where they have some. */
function within(ids: Int32Array, first: number | undefined, last: number | undefined): Int32Array {
  const begun = ids[0] === first ? ids.subarray(1) : ids;
  return begun.at(-1) === last ? begun.subarray(0, -1) : begun;
}

const clsOf = (tokenizer: Tokenizer): number | undefined =>
  isHuggingFaceTokenizer(tokenizer) ? tokenizer.cls : undefined;

/** The ids of a text, or of what is left of it without the characters that the vocabulary lacks. */
export function spelled(tokenizer: Tokenizer, text: string): Int32Array {
  const tried = (part: string) => {
    try {
      return tokenizer.encode(part);
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  };
  return tried(text) ?? tokenizer.encode([...text].filter((c) => tried(c)).join(""));
}

function meanOfRows(rows: Float32Array, count: number, width: number): Float32Array {
  const mean = new Float32Array(width);
  for (let row = 0; row < count; row++) for (let k = 0; k < width; k++) mean[k]! += rows[row * width + k]!;
  return mean.map((value) => value / count);
}
