/** Sub-word vocabularies learned from texts. */
import { type BpeTraining, type BpeTrainOptions, trainBpe, trainBpeInTurns } from "../text/bpe-train.ts";
import { huggingfaceTokenizer } from "../text/huggingface.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { wordPieceFiles } from "../text/wordpiece-files.ts";
import { wordPieceVocabulary } from "../text/wordpiece-vocabulary.ts";

/** Default number of ids of byte-level BPE. */
const SUBWORD_VOCABULARY = 2048;

/** Default number of ids of WordPiece: most of its pieces are whole words, so it needs more than BPE. */
const WORD_PIECE_VOCABULARY = 4096;

/** Byte-level BPE of at most `size` ids, as GPT-2 spells text. */
export const bpeTokenizerOf = (texts: readonly string[], size?: number): Tokenizer =>
  tokenizerOf(trainBpe(texts, bpeOptions(size)));

/**
 * The same, but it yields to the event loop: it takes seconds for some megabytes.
 * @param signal stops it; its reason is thrown
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
