/** Which vocabulary suits a model, and the same data in words or pieces of words that its training split teaches. */
import type { RecordedOptions } from "../text/cleaning-record.ts";
import type { HuggingFaceTokenizer } from "../text/huggingface.ts";
import { maskedBpeOf } from "../text/masked-bpe.ts";
import { wordTokenizerOf } from "../text/words.ts";
import {
  bpeTokenizerInTurns,
  bpeTokenizerOf,
  type VocabularyName,
  wordOptions,
  wordPieceTokenizerOf,
} from "./choose-tokenizer.ts";
import {
  type PreparedData,
  type PrepareOptions,
  prepareBatches,
  prepareTextInTurns,
  speltBy,
} from "./prepare.ts";
import { textsOf } from "./tokens.ts";

/** The kind of vocabulary that an architecture reads. */
type Tokens = Exclude<VocabularyName, "printable">;

/**
 * The vocabulary in which texts are prepared for a new model, unless one is asked for.
 * @param tokens of its architecture
 * @param options of the preparation, as a run's record keeps them
 */
export function suitedVocabulary(
  tokens: Tokens,
  { raw, keepUnicode, end }: RecordedOptions = {},
): VocabularyName {
  if (tokens !== "character") return tokens;
  return raw || keepUnicode || end !== undefined ? "character" : "printable";
}

/**
 * What a model can be trained on: texts, one long text, or data that is prepared already. Texts are cleaned,
 * deduplicated and split by the defaults of `prepareTexts`, a long text by those of `prepareText`.
 */
export type TrainingData = PreparedData | readonly string[] | string;

/** Data for a new model: prepared in the vocabulary that suits it, unless the data comes in one that was chosen. */
export async function dataForNew(
  tokens: Tokens,
  data: TrainingData,
  signal: AbortSignal | undefined,
): Promise<PreparedData> {
  if (isPrepared(data)) return isChosen(data) ? data : inSuitedVocabulary(data, tokens, { signal });
  const raw = typeof data === "string";
  return prepareGiven(data, { vocabulary: suitedVocabulary(tokens, { raw }), signal });
}

/** Whether data is prepared already. */
export const isPrepared = (data: TrainingData): data is PreparedData =>
  typeof data === "object" && "splits" in data;

/** Whether its vocabulary was asked for. */
export const isChosen = ({ tokenizer, defaultTokenizer }: PreparedData): boolean =>
  tokenizer !== defaultTokenizer;

/** Prepares texts, or one long text. */
export const prepareGiven = (
  data: string | readonly string[],
  options: PrepareOptions,
): Promise<PreparedData> =>
  typeof data === "string"
    ? prepareTextInTurns(data, options, "The text")
    : prepareBatches([{ texts: data }], options, "The data");

/**
 * Data in characters, in the vocabulary that an architecture reads. It is learned from the training split.
 * @param tokens of the architecture
 */
export async function inSuitedVocabulary(
  data: PreparedData,
  tokens: Tokens,
  options: Pick<PrepareOptions, "minCount" | "maxWords" | "signal"> = {},
): Promise<PreparedData> {
  if (tokens === "word") return withWords(data, options);
  if (tokens === "bpe") return withSubwordsInTurns(data, options);
  if (tokens === "masked-bpe") return withMask(await withSubwordsInTurns(data, options));
  return tokens === "wordpiece" ? withWordPieces(data) : data;
}

/** The same splits with a byte-level BPE vocabulary of at most `size` ids, as GPT-2 spells text. */
export const withSubwords = (data: PreparedData, size?: number): PreparedData =>
  speltBy(data, bpeTokenizerOf(textsOf(data, "train"), size), "subword");

/** The same, but it yields to the event loop while it learns. @param signal stops it; its reason is thrown */
export const withSubwordsInTurns = async (
  data: PreparedData,
  { size, signal }: { readonly size?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<PreparedData> =>
  speltBy(data, await bpeTokenizerInTurns(textsOf(data, "train"), size, signal), "subword");

/** The same splits in the same byte-level BPE with tokens to fill masks with, as RoBERTa spells text. */
const withMask = (data: PreparedData): PreparedData =>
  speltBy(data, maskedBpeOf(data.tokenizer as HuggingFaceTokenizer), "subword");

/** The same splits with a WordPiece vocabulary of at most `size` ids, in lower case, as BERT spells text. */
export const withWordPieces = (data: PreparedData, size?: number): PreparedData =>
  speltBy(data, wordPieceTokenizerOf(textsOf(data, "train"), size), "subword");

/** The same splits with a vocabulary of words. */
export const withWords = (
  data: PreparedData,
  options: Pick<PrepareOptions, "minCount" | "maxWords"> = {},
): PreparedData => speltBy(data, wordTokenizerOf(textsOf(data, "train"), wordOptions(options)), "word");
