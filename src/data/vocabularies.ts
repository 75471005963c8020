/** Data spelt in words, or pieces of words, that are learned from its own training split. */
import type { Tokenizer } from "../text/tokenizer.ts";
import { wordTokenizerOf } from "../text/words.ts";
import { bpeTokenizerOf, wordPieceTokenizerOf } from "./learned-pieces.ts";
import { type PreparedData, type PrepareOptions, wordOptions } from "./prepare.ts";

/** The same splits with a byte-level BPE vocabulary of at most `size` ids, as GPT-2 spells text. */
export const withSubwords = (data: PreparedData, size?: number): PreparedData =>
  speltBy(data, bpeTokenizerOf(data.splits.train, size), "subword");

/** The same splits with a WordPiece vocabulary of at most `size` ids, in lower case, as BERT spells text. */
export const withWordPieces = (data: PreparedData, size?: number): PreparedData =>
  speltBy(data, wordPieceTokenizerOf(data.splits.train, size), "subword");

/** The same splits with a vocabulary of words. */
export const withWords = (
  data: PreparedData,
  options: Pick<PrepareOptions, "minCount" | "maxWords"> = {},
): PreparedData => speltBy(data, wordTokenizerOf(data.splits.train, wordOptions(options)), "word");

const speltBy = (data: PreparedData, tokenizer: Tokenizer, kind: string): PreparedData => ({
  ...data,
  tokenizer,
  summary: { ...data.summary, vocabulary: tokenizer.size, vocabulary_kind: kind },
});
