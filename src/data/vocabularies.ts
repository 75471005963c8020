/** Which vocabulary suits a model, and the same data in words or pieces of words that its training split teaches. */
import type { RecordedOptions } from "../text/cleaning-record.ts";
import { wordTokenizerOf } from "../text/words.ts";
import { type VocabularyName, wordOptions } from "./choose-tokenizer.ts";
import { bpeTokenizerInTurns, bpeTokenizerOf, wordPieceTokenizerOf } from "./learned-pieces.ts";
import { type PreparedData, type PrepareOptions, speltBy } from "./prepare.ts";

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
  return tokens === "wordpiece" ? withWordPieces(data) : data;
}

/** The same splits with a byte-level BPE vocabulary of at most `size` ids, as GPT-2 spells text. */
export const withSubwords = (data: PreparedData, size?: number): PreparedData =>
  speltBy(data, bpeTokenizerOf(data.splits.train, size), "subword");

/** The same, but it yields to the event loop while it learns. @param signal stops it; its reason is thrown */
export const withSubwordsInTurns = async (
  data: PreparedData,
  { size, signal }: { readonly size?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<PreparedData> =>
  speltBy(data, await bpeTokenizerInTurns(data.splits.train, size, signal), "subword");

/** The same splits with a WordPiece vocabulary of at most `size` ids, in lower case, as BERT spells text. */
export const withWordPieces = (data: PreparedData, size?: number): PreparedData =>
  speltBy(data, wordPieceTokenizerOf(data.splits.train, size), "subword");

/** The same splits with a vocabulary of words. */
export const withWords = (
  data: PreparedData,
  options: Pick<PrepareOptions, "minCount" | "maxWords"> = {},
): PreparedData => speltBy(data, wordTokenizerOf(data.splits.train, wordOptions(options)), "word");
