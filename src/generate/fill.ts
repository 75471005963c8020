/**
 * Filling masks: what a masked language model puts in the place of each `[MASK]`.
 *
 * @example
 * const { masks, text } = await fillMasks(bert, "The fox had to jump high in the [MASK].");
 * masks[0][0]; // { token: "air", id: 2250, probability: 0.93 }
 */
import { type HostArray, int32 } from "../core/array.ts";
import { InputError, UsageError } from "../core/errors.ts";
import { requireFinite } from "../core/finite.ts";
import { checkOptions, checkText, invalidOption, optionNames } from "../core/options.ts";
import type { Dim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import { isHuggingFaceTokenizer } from "../text/huggingface.ts";
import { contextNote, partAround } from "./fit.ts";
import { checkModel, type LanguageModel, weightSpecs } from "./language-model.ts";
import { likeliest } from "./likeliest.ts";
import { promptText } from "./prompt.ts";
import { logSumExp } from "./sampler.ts";

/** How a mask is written, whatever the vocabulary calls it. */
const USUAL_MASK = "[MASK]";

export interface FillOptions {
  /** Tokens listed for each mask, likeliest first. Default 5. */
  readonly topK?: number | undefined;
  /**
   * Fill the mask of which the model is surest first, and read again for the others, instead of all in one
   * pass. Default false.
   */
  readonly iterative?: boolean | undefined;
  /** Aborting it ends the call before the next pass, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const fillOptionNames = optionNames<keyof FillOptions>()("topK iterative signal");

export interface Candidate {
  readonly token: string;
  readonly id: number;
  readonly probability: number;
}

export interface Filled {
  /** For each mask in the order of the text, its candidates as they were when it was filled. */
  readonly masks: readonly (readonly Candidate[])[];
  /** The text with the likeliest token in each mask. */
  readonly text: string;
  /** Which part of the text was read, in a sentence, where the context does not hold all of it. */
  readonly note?: string | undefined;
}

/** A masked model at work: one graph for texts of all lengths. */
export interface MaskFiller {
  fill(text: string, options?: FillOptions): Promise<Filled>;
  /** Logits [masks · vocabulary] for ids with masks at `places`. */
  score(ids: Int32Array, types: Int32Array, places: readonly number[]): Promise<Float32Array>;
  release(): Promise<void>;
}

/**
 * The logits of some places of texts side by side, as one graph for texts of all lengths.
 * @param texts how many, or a name where that changes from run to run
 */
export function compileMasked(lm: LanguageModel, texts: Dim) {
  const { model, backend } = lm;
  const ids: Spec = { dtype: "int32", shape: [texts, "length"] };
  return compile(
    (parameters: Parameters, input: { ids: Tensor; tokenTypes: Tensor; at: Tensor }) =>
      model.forward(parameters, input, evaluation, { at: input.at }).logits,
    { backend, specs: [weightSpecs(lm), { ids, tokenTypes: ids, at: { dtype: "int32", shape: ["masks"] } }] },
  );
}

/** @throws UsageError where the model hides nothing: GPT-2 continues texts and has no `[MASK]` */
export function createFiller(lm: LanguageModel): MaskFiller {
  checkModel(lm);
  const { model, weights, tokenizer, name } = lm;
  const { mask } = tokenizer;
  if (model.predicts === "masked" && (mask === undefined || !isHuggingFaceTokenizer(tokenizer)))
    throw new UsageError(
      `${name} (${model.config.model_type}) fills masks, and its vocabulary has none, so it is that of another model; put the model's own tokenizer.json in its folder.`,
    );
  if (model.predicts !== "masked" || mask === undefined || !isHuggingFaceTokenizer(tokenizer))
    throw new UsageError(
      `${name} (${model.config.model_type}) has no [MASK]: it predicts what comes next, from the left alone. Use "sample", or fill with a model such as bert-base-uncased.`,
    );
  const step = compileMasked(lm, 1);

  async function score(
    tokens: Int32Array,
    types: Int32Array,
    places: readonly number[],
  ): Promise<Float32Array> {
    if (tokens.length > model.contextLength)
      throw new UsageError(
        `The text has ${tokens.length} tokens and ${name} sees at most ${model.contextLength} at once; shorten it.`,
      );
    const shape = [1, tokens.length];
    const input = {
      ids: int32(shape, tokens),
      tokenTypes: int32(shape, types),
      at: int32([places.length], [...places]),
    };
    const result: HostArray = await step(weights, input);
    requireFinite(result.data as Float32Array, name);
    return result.data as Float32Array;
  }

  return {
    score,
    release: () => step.release(),
    async fill(text, options = {}) {
      checkText(text);
      const { topK = 5, iterative = false, signal } = checkOptions(options, fillOptionNames);
      if (!(Number.isInteger(topK) && topK >= 1))
        throw invalidOption("topK", topK, "a whole number of 1 or more");
      const asked = text.replaceAll(USUAL_MASK, tokenizer.token(mask));
      const words = Int32Array.from(tokenizer.encode(promptText(lm, asked)));
      const all = [...words.keys()].filter((i) => words[i] === mask);
      if (all.length === 0)
        throw new InputError(
          "no-mask",
          `The text has no mask: write ${tokenizer.token(mask)} where a word is to be filled in.`,
          { text },
        );
      const { contextLength } = model;
      const around = tokenizer.wrap(new Int32Array()).ids.length;
      const part = partAround(all, words.length, contextLength - around, name);
      const note = contextNote({ name, contextLength, masked: true }, part, words.length);
      const found = new Map<number, Candidate[]>();
      while (found.size < all.length) {
        signal?.throwIfAborted();
        const open = all.filter((place) => !found.has(place));
        const { ids, types } = tokenizer.wrap(words.subarray(part.from, part.to));
        const places = [...ids.keys()].filter((i) => ids[i] === mask);
        const logits = await score(ids, types, places);
        const width = logits.length / open.length;
        const lists = open.map((place, i) => {
          const row = logits.subarray(i * width, (i + 1) * width);
          return { place, candidates: candidatesOf(row, topK, tokenizer.token, tokenizer.size) };
        });
        const surest = lists.reduce((best, list) =>
          list.candidates[0]!.probability > best.candidates[0]!.probability ? list : best,
        );
        for (const { place, candidates } of iterative ? [surest] : lists) {
          found.set(place, candidates);
          words[place] = candidates[0]!.id;
        }
      }
      return {
        masks: all.map((place) => found.get(place)!),
        text: tokenizer.decode(words),
        note,
      };
    },
  };
}

/** Fills the masks of one text. Make a {@link createFiller} for many. */
export async function fillMasks(lm: LanguageModel, text: string, options: FillOptions = {}): Promise<Filled> {
  const filler = createFiller(lm);
  try {
    return await filler.fill(text, options);
  } finally {
    await filler.release();
  }
}

/**
 * The likeliest tokens of one row of logits, with their probabilities under the model: among all its ids.
 * @param size ids below this have a spelling; no other is a candidate
 */
export function candidatesOf(
  logits: Float32Array,
  topK: number,
  token: (id: number) => string,
  size = logits.length,
): Candidate[] {
  const logZ = logSumExp(logits);
  return Array.from(likeliest(logits.subarray(0, size), topK), (id) => ({
    token: token(id),
    id,
    probability: Math.exp(logits[id]! - logZ),
  }));
}
