/** Data spelt in words, or pieces of words, that are learned from its own training split. */
import { trainBpe } from "../text/bpe-train.ts";
import { huggingfaceTokenizer } from "../text/huggingface.ts";
import { wordPieceFiles } from "../text/wordpiece-files.ts";
import { wordPieceVocabulary } from "../text/wordpiece-vocabulary.ts";
import { wordTokenizerOf } from "../text/words.ts";
import { type PreparedData, type PrepareOptions, wordOptions } from "./prepare.ts";

/** Ids of the vocabulary where nobody says how many. */
export const SUBWORD_VOCABULARY = 2048;

/** The same splits with a byte-level BPE vocabulary of at most `size` ids, as GPT-2 spells text. */
export function withSubwords(data: PreparedData, size = SUBWORD_VOCABULARY): PreparedData {
  const { files } = trainBpe(data.splits.train, { vocabularySize: size });
  const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
  return {
    ...data,
    tokenizer,
    summary: { ...data.summary, vocabulary: tokenizer.size, vocabulary_kind: "subword" },
  };
}

/** Word pieces that are whole words as a rule need more ids than those of BPE. */
const WORD_PIECE_VOCABULARY = 4096;

/** The same splits with a WordPiece vocabulary of at most `size` ids, in lower case, as BERT spells text. */
export function withWordPieces(data: PreparedData, size = WORD_PIECE_VOCABULARY): PreparedData {
  const files = wordPieceFiles(wordPieceVocabulary(data.splits.train, size), { do_lower_case: true });
  const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
  return {
    ...data,
    tokenizer,
    summary: { ...data.summary, vocabulary: tokenizer.size, vocabulary_kind: "subword" },
  };
}

/** The same splits with a vocabulary of words. */
export function withWords(
  data: PreparedData,
  options: Pick<PrepareOptions, "minCount" | "maxWords"> = {},
): PreparedData {
  const tokenizer = wordTokenizerOf(data.splits.train, wordOptions(options));
  return {
    ...data,
    tokenizer,
    summary: { ...data.summary, vocabulary: tokenizer.size, vocabulary_kind: "word" },
  };
}
