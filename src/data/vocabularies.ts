/** Prepared data with a word or sub-word vocabulary that is learned from its training split. */
import { wordTokenizerOf } from "../text/words.ts";
import { bpeTokenizerInTurns, bpeTokenizerOf, wordPieceTokenizerOf } from "./learned-pieces.ts";
import { type PreparedData, type PrepareOptions, speltBy, wordOptions } from "./prepare.ts";

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
