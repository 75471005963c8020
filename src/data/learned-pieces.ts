/** Vocabularies of pieces of words that are learned from texts. */
import { trainBpe } from "../text/bpe-train.ts";
import { huggingfaceTokenizer } from "../text/huggingface.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { wordPieceFiles } from "../text/wordpiece-files.ts";
import { wordPieceVocabulary } from "../text/wordpiece-vocabulary.ts";

/** Ids of a vocabulary of byte-level BPE where nobody says how many. */
const SUBWORD_VOCABULARY = 2048;

/** Word pieces that are whole words as a rule need more ids than those of BPE. */
const WORD_PIECE_VOCABULARY = 4096;

/** Byte-level BPE of at most `size` ids, as GPT-2 spells text. */
export function bpeTokenizerOf(texts: readonly string[], size = SUBWORD_VOCABULARY): Tokenizer {
  const { files } = trainBpe(texts, { vocabularySize: size });
  return huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
}

/** WordPiece of at most `size` ids, in lower case, as BERT spells text. */
export function wordPieceTokenizerOf(texts: readonly string[], size = WORD_PIECE_VOCABULARY): Tokenizer {
  const files = wordPieceFiles(wordPieceVocabulary(texts, size), { do_lower_case: true });
  return huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
}
