/**
 * How well a model predicts a text: the negative log-likelihood of every token, once.
 *
 * A recurrent model scores each token given all before it. A model with a bounded context reads windows that overlap:
 * each token is scored with at least `length - stride` tokens before it, where the text has them. No result depends on
 * how many windows are read side by side.
 */
import { joined } from "../core/array.ts";
import { UsageError } from "../core/errors.ts";
import { option, optionNames } from "../core/options.ts";
import type { TargetSpan } from "../data/batches/batch.ts";
import { itemPass } from "../data/batches/items.ts";
import { encodeItems, type TokenStream } from "../data/tokens.ts";
import { beginOf, type LanguageModel } from "../generate/language-model.ts";
import { tokenPieces } from "../generate/log-probabilities.ts";
import { carriesState, type Model } from "../models/model.ts";
import { alone as oneRank, partOf, type Ranks, refuseIdle, together } from "../ranks/ranks.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { type TextRow, texts as textPass } from "../train/passes.ts";
import {
  BatchScorer,
  checkSizes,
  type LikelihoodOptions,
  pieceOf,
  type StreamLoss,
  StreamScorer,
  TEXT_LENGTH,
  windowOf,
} from "../train/scoring.ts";
import { countTexts, type Evaluation, evaluationOf, type TextCounts } from "./evaluation.ts";
import { pseudoLikelihood } from "./pseudo-likelihood.ts";
import { spellUnknown } from "./quality/spelling.ts";

export interface EvaluationOptions extends LikelihoodOptions {
  /** `items`: the end of each text is predicted as well, and counts as one character. Default `items`. */
  readonly kind?: "items" | "text" | undefined;
  /**
   * Whether each text is read by itself, after an end of text, instead of all as one stream. A text longer than a
   * window continues in the next. Default: as the model was trained; alone where there are prompts.
   */
  readonly alone?: boolean | undefined;
  /** For texts read alone: the length of the prompt at the beginning of each, which is read but not scored. */
  readonly prompts?: readonly number[] | undefined;
  /**
   * For conversations read alone, in place of prompts: where each stretch that is scored begins and ends, in UTF-16 code
   * units (`PreparedData.learned`). Nothing is put before or behind such texts.
   */
  readonly learned?: readonly (readonly number[])[] | undefined;
}

export const evaluationOptionNames = optionNames<keyof EvaluationOptions>()(
  "batch length stride onProgress signal kind alone prompts learned",
);

/** Processes that all score the same texts, a part each; each has the figures of all. Default: one. */
interface Divided {
  readonly ranks?: Ranks | undefined;
}

/** The loss, the text that was scored, and how far each prediction could look back. */
interface Scored {
  readonly loss: StreamLoss;
  /** The nats of each text. */
  readonly byText: readonly number[];
  /** The part of each text that was predicted. */
  readonly texts: readonly string[];
  /** Whether the end of each text was predicted as well. */
  readonly ends: boolean;
  readonly frame: Pick<Evaluation, "context" | "stride" | "likelihood">;
}

export interface TextScores {
  readonly evaluation: Evaluation;
  /** The bits of each text, with the spelling of unknown words, and what was predicted of it. */
  readonly texts: readonly (TextCounts & { readonly bits: number })[];
}

/**
 * Loss, perplexity and bits of texts under a model. For the bits, words that its vocabulary lacks are spelt letter by
 * letter (spelling.ts). The texts are one stream that begins after an end of text, unless each is read alone. A first
 * token without any context, and prompts, are not predicted and do not count.
 * @throws UsageError where the model cannot honour an option; PunchlineError `not-finite` where it gives no numbers
 */
export const evaluateTexts = async (
  lm: LanguageModel,
  texts: readonly string[],
  options: EvaluationOptions = {},
): Promise<Evaluation> => (await scoreTexts(lm, texts, options)).evaluation;

/** {@link evaluateTexts} with the figures of each text. */
export async function scoreTexts(
  lm: LanguageModel,
  texts: readonly string[],
  options: EvaluationOptions & Divided = {},
): Promise<TextScores> {
  const { model } = lm;
  const items = options.kind !== "text";
  const masked = model.predicts === "masked";
  const alone = items && !masked && (options.alone ?? isolatesDocuments(lm, options.prompts));
  checkSizes(model, options, alone);
  const score = masked ? byTexts(scoreMasked) : alone ? byTexts(scoreAlone) : scoreStream;
  const { loss, byText, texts: predicted, ends, frame } = await score(lm, texts, options);
  const spelt = spellUnknown(lm.tokenizer, predicted);
  const unknown = spelt.reduce((sum, { words }) => sum + words, 0);
  const spelling = spelt.reduce((sum, { nats }) => sum + nats, 0);
  return {
    evaluation: evaluationOf({ ...loss, unknown, spelling }, countTexts(predicted, ends), frame),
    texts: predicted.map((text, i) => ({
      ...countTexts([text], ends),
      bits: (byText[i]! + spelt[i]!.nats) / Math.LN2,
    })),
  };
}

/** Keeps the loss of each token of a stream, and sums those of each text. */
function lossesOf(tokens: number) {
  const each = new Float64Array(tokens);
  return {
    onLosses(losses: Float32Array, spans: readonly TargetSpan[]): void {
      for (const { at, length, place } of spans) each.set(losses.subarray(at, at + length), place);
    },
    /** Adds the losses of the tokens that other ranks have scored. */
    share: (ranks: Ranks): Promise<void> => ranks.sum(each),
    /** @param ends the place after the last token of each text */
    byText: (ends: readonly number[]): number[] =>
      ends.map((end, i) => each.subarray(ends[i - 1] ?? 0, end).reduce((a, b) => a + b, 0)),
  };
}

/** The default of `alone`: as the model was trained, and always where there are prompts. */
export const isolatesDocuments = (
  { isolateDocuments = false }: Pick<LanguageModel, "isolateDocuments">,
  prompts?: readonly number[],
): boolean => isolateDocuments || prompts !== undefined;

type Score = (
  lm: LanguageModel,
  texts: readonly string[],
  options: EvaluationOptions & Divided,
) => Promise<Scored>;

/** The same for texts that do not depend on each other: each rank scores some of them. */
const byTexts =
  (score: Score): Score =>
  async (lm, texts, options) => {
    const { ranks = oneRank, prompts, learned } = options;
    if (ranks.size === 1) return score(lm, texts, options);
    refuseIdle(
      texts.length,
      texts.length === 1 ? "one text" : `${texts.length} texts`,
      "give more texts",
      ranks,
    );
    const { from, to } = partOf(texts.length, ranks);
    const own = await together(ranks, () =>
      score(lm, texts.slice(from, to), {
        ...options,
        prompts: prompts?.slice(from, to),
        learned: learned?.slice(from, to),
      }),
    );
    const byText = new Float64Array(texts.length);
    byText.set(own.byText, from);
    const sums = Float64Array.of(own.loss.nats, own.loss.tokens);
    const contexts = new Float64Array(ranks.size);
    contexts[ranks.rank] = own.frame.context;
    for (const values of [byText, sums, contexts]) await ranks.sum(values);
    return {
      ...own,
      loss: { nats: sums[0]!, tokens: sums[1]! },
      byText: Array.from(byText),
      texts: own.frame.likelihood === "pseudo" ? texts : countedOf(texts, options, lm.tokenizer),
      frame: { ...own.frame, context: Math.max(...contexts) },
    };
  };

const scoreMasked: Score = async (lm, texts, options) => {
  const { context, byText, ...loss } = await pseudoLikelihood(lm, texts, options);
  return { loss, byText, texts, ends: false, frame: { context, likelihood: "pseudo" } };
};

const scoreStream: Score = async (lm, texts, options) => {
  const { tokenizer, model, backend, weights } = lm;
  const items = options.kind !== "text";
  const begin = beginOf(tokenizer) ?? (items ? tokenizer.endOfText : undefined);
  const begins = begin !== undefined;
  const stream: number[] = begins ? [begin] : [];
  const ends = texts.map((text) => {
    for (const id of tokenizer.encode(text)) stream.push(id);
    if (items) stream.push(tokenizer.endOfText);
    return stream.length;
  });
  const { ranks = oneRank } = options;
  if (ranks.size > 1 && carriesState(model))
    throw new UsageError(
      `${lm.name} (${model.config.model_type}) reads all texts as one stream and carries its state through it, which ranks cannot divide; score each text by itself with ${option("alone", true)}, or run it in one process.`,
      { option: "alone", ranks: ranks.size },
    );
  const { onLosses, byText, share } = lossesOf(stream.length);
  const scorer = new StreamScorer(model, backend, options);
  try {
    const own = await together(ranks, () => scorer.score(weights, stream, onLosses));
    await share(ranks);
    const sums = Float64Array.of(own.nats, own.tokens);
    await ranks.sum(sums);
    const loss = { nats: sums[0]!, tokens: sums[1]! };
    const { length } = scorer;
    const context = carriesState(model) ? furthest(model, stream) : Math.min(length, loss.tokens);
    const { stride = Math.ceil(length / 2) } = options;
    return {
      loss,
      byText: byText(begins ? ends : [stream.length]),
      texts: begins ? texts : [texts.join("").slice(tokenPieces(tokenizer, stream.slice(0, 2))[0]!.length)],
      ends: items,
      frame: { context, stride: carriesState(model) || model.predicts === "last" ? undefined : stride },
    };
  } finally {
    await scorer.release();
  }
};

/** The most tokens before a target in a carried state: all, or those since the state was last reset. */
function furthest({ config }: Model, stream: ArrayLike<number>): number {
  let [most, seen] = [0, 0];
  for (let i = 0; i + 1 < stream.length; i++) {
    seen = stream[i] === config.reset_token_id ? 1 : seen + 1;
    most = Math.max(most, seen);
  }
  return most;
}

const longestOf = ({ offsets }: TokenStream): number =>
  offsets.reduce((most, end, i) => Math.max(most, i === 0 ? 0 : end - offsets[i - 1]!), 1);

const scoreAlone: Score = async (
  { tokenizer, model, backend, weights, name },
  texts,
  { batch = 16, length, prompts, learned, onProgress, signal },
) => {
  if (model.predicts !== "each")
    throw new UsageError(
      `${name} (${model.config.model_type}) does not predict every token of a text, so texts cannot be scored alone.`,
    );
  const stream = encodeItems(tokenizer, texts, { prompts, learned });
  const longest = longestOf(stream);
  const window = length ?? windowOf(model);
  const scorer = new BatchScorer(model, backend);
  const { onLosses, byText } = lossesOf(stream.tokens.length);
  const pass = carriesState(model)
    ? textPass(rowsOf(stream), { batch, length: pieceOf(length, Math.min(longest, TEXT_LENGTH)) })
    : itemPass(stream, { batch, length: window, packed: model.separatesDocuments === true });
  try {
    const loss = await scorer.score(weights, pass, {
      onTokens: (done) => onProgress?.(done / stream.tokens.length),
      onLosses,
      signal,
    });
    return {
      loss,
      byText: byText([...stream.offsets].slice(1)),
      texts: countedOf(texts, { prompts, learned }, tokenizer),
      ends: !learned,
      frame: { context: carriesState(model) ? longest : Math.min(window, longest) },
    };
  } finally {
    await scorer.release();
  }
};

/**
 * What counts of each text: what follows its prompt, or its learned stretches. A special token of the vocabulary in a
 * stretch, such as an end of turn, counts as one character.
 */
export const countedOf = (
  texts: readonly string[],
  { prompts, learned }: Pick<EvaluationOptions, "prompts" | "learned">,
  tokenizer?: Tokenizer,
): string[] =>
  texts.map((text, i) => {
    const stretches = learned?.[i];
    if (!stretches) return text.slice(prompts?.[i] ?? 0);
    let counted = "";
    for (let k = 0; k < stretches.length; k += 2) {
      const stretch = text.slice(stretches[k], stretches[k + 1]);
      const plain = tokenizer ? tokenizer.decode(tokenizer.encode(stretch)) : stretch;
      counted += plain.length < stretch.length ? `${plain}\n` : plain;
    }
    return counted;
  });

/** Each text with what its input begins with. */
const rowsOf = ({ tokens, offsets, prompts, endOfText, start = endOfText }: TokenStream): TextRow[] =>
  Array.from({ length: offsets.length - 1 }, (_, i) => ({
    ids: joined([start], tokens.subarray(offsets[i], offsets[i + 1])),
    counts: 1 + (prompts?.[i] ?? 0),
    place: offsets[i]!,
  }));
