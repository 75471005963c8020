/**
 * What models predict for the same blank, and whether words to its right matter to them: read from one forward
 * pass over the whole text, whatever the architecture.
 *
 * @example
 * const reader = createBlankReader(lm);
 * const logits = await reader.read(readBlank("The fox had to jump high in the [MASK]."));
 * await rightContextEffect(lm, reader, blank); // 0 for GPT-2, above 0 for BERT
 */
import { type HostArray, int32 } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import { createDecoder } from "../generate/decoder.ts";
import { type Candidate, candidatesOf, createFiller } from "../generate/fill.ts";
import { type LanguageModel, weightSpecs } from "../generate/language-model.ts";
import { promptIds } from "../generate/sample.ts";
import { logSumExp } from "../generate/sampler.ts";
import { zeroState } from "../generate/state.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { State } from "../models/model.ts";
import { evaluation } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { compile } from "../runtime/compile.ts";
import { isHuggingFaceTokenizer } from "../text/huggingface.ts";
import type { Blank } from "./blank.ts";
import { kindOf } from "./kind.ts";

/** Ids with the place whose logits answer the question. */
export interface Question {
  readonly ids: Int32Array;
  readonly types: Int32Array;
  /** The hidden token of a masked model, the last token before the blank of the others. */
  readonly at: number;
}

export interface BlankReader {
  /** Logits [vocabulary] at the question's place, of a pass over all of its ids. */
  read(question: Question): Promise<Float32Array>;
  release(): Promise<void>;
}

/**
 * What a model is given to read for a blank, with the tokens `right` after it.
 * @throws UsageError where a masked model is asked about a text without a blank, or the text is longer than the context
 */
export function questionOf(lm: LanguageModel, { left, right }: Blank, after?: Int32Array): Question {
  const { tokenizer, model, name } = lm;
  if (kindOf(model) !== "masked") {
    // Characters come one by one: the one after a word is a space, which tells nothing about the next word.
    const before = promptIds(lm, tokenizer.kind === "character" && left !== "" ? `${left} ` : left);
    const ids = Int32Array.of(...before, ...(after ?? []));
    return checked(lm, { ids, types: new Int32Array(ids.length), at: before.length - 1 });
  }
  const { mask } = tokenizer;
  if (mask === undefined || !isHuggingFaceTokenizer(tokenizer))
    throw new UsageError(`${name} predicts hidden tokens, but its vocabulary has no [MASK].`);
  if (right === undefined && after === undefined) {
    throw new UsageError(
      `${name} fills blanks, and the text is a whole sentence without one; write [MASK] where a word is to be filled in.`,
    );
  }
  const before = tokenizer.encode(left);
  const { ids, types } = tokenizer.wrap([...before, mask, ...(after ?? tokenizer.encode(right!))]);
  return checked(lm, { ids, types, at: ids.indexOf(mask) });
}

function checked({ model, name }: LanguageModel, question: Question): Question {
  const { length } = question.ids;
  if (kindOf(model) === "window" || length <= model.contextLength) return question;
  throw new UsageError(
    `${name} sees at most ${model.contextLength} tokens at once and the text has ${length}; shorten it.`,
  );
}

export function createBlankReader(lm: LanguageModel): BlankReader {
  switch (kindOf(lm.model)) {
    case "masked": {
      const filler = createFiller(lm);
      return {
        read: ({ ids, types, at }) => filler.score(ids, types, [at]),
        release: () => filler.release(),
      };
    }
    case "causal":
      return causalReader(lm);
    case "recurrent":
      return recurrentReader(lm);
    case "window": {
      const decoder = createDecoder(lm);
      return {
        read: ({ ids, at }) => {
          decoder.reset();
          return decoder.append(ids.subarray(0, at + 1));
        },
        release: () => decoder.release(),
      };
    }
  }
}

/** One graph for texts of all lengths; the head computes one row. */
function causalReader(lm: LanguageModel): BlankReader {
  const { model, weights, backend } = lm;
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; at: Tensor }) =>
      model.forward(parameters, { ids: input.ids }, evaluation, { at: input.at }).logits,
    {
      backend,
      specs: [
        weightSpecs(lm),
        { ids: { dtype: "int32", shape: [1, "length"] }, at: { dtype: "int32", shape: ["places"] } },
      ],
    },
  );
  return {
    async read({ ids, at }) {
      const result: HostArray = await step(weights, {
        ids: int32([1, ids.length], ids),
        at: int32([1], [at]),
      });
      return result.data as Float32Array;
    },
    release: () => step.release(),
  };
}

/** The text at once from an empty state, one graph a length. */
function recurrentReader({ model, weights, backend }: LanguageModel): BlankReader {
  const step = compile(
    (parameters: Parameters, input: { ids: Tensor; state: State }) =>
      model.forward(parameters, input, evaluation).logits,
    { backend },
  );
  return {
    async read({ ids, at }) {
      const state = zeroState(model.state(1));
      const result: HostArray = await step(weights, { ids: int32([1, ids.length], ids), state });
      const width = result.data.length / ids.length;
      return (result.data as Float32Array).subarray(at * width, (at + 1) * width);
    },
    release: () => step.release(),
  };
}

/** The likeliest tokens for the blank. */
export async function predictBlank(
  lm: LanguageModel,
  reader: BlankReader,
  blank: Blank,
  topK: number,
): Promise<Candidate[]> {
  const logits = await reader.read(questionOf(lm, blank));
  // As text where decoding says it all; a piece of a word keeps the mark that the vocabulary gives it.
  const { tokenizer } = lm;
  const shown = tokenizer.kind === "bpe" ? (id: number) => tokenizer.decode([id]) : tokenizer.token;
  return candidatesOf(spelled(lm, logits), topK, (id) => shown(id) || tokenizer.token(id));
}

/** Words put to the right of a blank to see whether its prediction moves. */
const continuations = [
  " of the cold dark cellar, where nobody had been for years.",
  " when the music began to play and all the guests were dancing.",
  ", said the captain, and then turned the ship towards the storm.",
] as const;
/** Fewer tokens than this to the right of the blank are no words to speak of, such as a full stop. */
const FEW = 3;

/**
 * How far the prediction moves when the words right of the blank are changed: total variation distance, half the
 * sum of the absolute differences of all probabilities, averaged over the changes. The number of tokens stays the
 * same, so that nothing but the words differs. Undefined for models that are never given what is to the right.
 */
export async function rightContextEffect(
  lm: LanguageModel,
  reader: BlankReader,
  blank: Blank,
): Promise<number | undefined> {
  if (kindOf(lm.model) === "window") return undefined;
  const own = lm.tokenizer.encode(blank.right ?? "");
  const others = continuations.map((text) => lm.tokenizer.encode(text));
  const [first, ...changes] = own.length >= FEW ? [own, ...others] : others;
  const room = lm.model.contextLength - questionOf(lm, blank, new Int32Array()).ids.length;
  const length = Math.min(first!.length, room);
  if (length < 1) return undefined;
  const read = async (words: Int32Array) => {
    const after = Int32Array.from({ length }, (_, i) => words[i % words.length]!);
    return probabilities(spelled(lm, await reader.read(questionOf(lm, blank, after))));
  };
  const before = await read(first!);
  let sum = 0;
  for (const words of changes) sum += totalVariation(before, await read(words));
  return sum / changes.length;
}

/** Rows of the head beyond the vocabulary stand for nothing. */
function spelled({ tokenizer }: LanguageModel, logits: Float32Array): Float32Array {
  return logits.subarray(0, Math.min(logits.length, tokenizer.size));
}

function probabilities(logits: Float32Array): Float64Array {
  const logZ = logSumExp(logits);
  return Float64Array.from(logits, (logit) => Math.exp(logit - logZ));
}

/** Half the L1 distance of two distributions over the same ids: 0 where they agree, 1 where they share nothing. */
export function totalVariation(p: ArrayLike<number>, q: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += Math.abs(p[i]! - q[i]!);
  return sum / 2;
}
