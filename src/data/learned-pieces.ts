/** Vocabularies of pieces of words that are learned from texts. */
import { type BpeTraining, type BpeTrainOptions, trainBpe, trainBpeInTurns } from "../text/bpe-train.ts";
import { huggingfaceTokenizer } from "../text/huggingface.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { wordPieceFiles } from "../text/wordpiece-files.ts";
import { wordPieceVocabulary } from "../text/wordpiece-vocabulary.ts";

/** Ids of a vocabulary of byte-level BPE where nobody says how many. */
const SUBWORD_VOCABULARY = 2048;

/** Word pieces that are whole words as a rule need more ids than those of BPE. */
const WORD_PIECE_VOCABULARY = 4096;

/** Byte-level BPE of at most `size` ids, as GPT-2 spells text. */
export const bpeTokenizerOf = (texts: readonly string[], size?: number): Tokenizer =>
  tokenizerOf(trainBpe(texts, bpeOptions(size)));

/**
 * The same, giving way to timers, signals and requests, as it takes seconds of some megabytes.
 * @param signal its reason is thrown where it is aborted
 */
export const bpeTokenizerInTurns = async (
  texts: readonly string[],
  size?: number,
  signal?: AbortSignal,
): Promise<Tokenizer> => tokenizerOf(await trainBpeInTurns(texts, { ...bpeOptions(size), signal }));

/** WordPiece of at most `size` ids, in lower case, as BERT spells text. */
export function wordPieceTokenizerOf(texts: readonly string[], size = WORD_PIECE_VOCABULARY): Tokenizer {
  return tokenizerOf({
    files: wordPieceFiles(wordPieceVocabulary(texts, size), { do_lower_case: true }),
  });
}

const bpeOptions = (vocabularySize = SUBWORD_VOCABULARY): BpeTrainOptions => ({ vocabularySize });

const tokenizerOf = ({ files }: Pick<BpeTraining, "files">): Tokenizer =>
  huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
