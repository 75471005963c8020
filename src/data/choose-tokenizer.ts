/** The tokenizer of prepared data: which vocabulary, what ends a text, and the cleaning that suits it. */
import { InputError, UsageError } from "../core/errors.ts";
import { invalidOption, option } from "../core/options.ts";
import { type BpeTraining, type BpeTrainOptions, trainBpe, trainBpeInTurns } from "../text/bpe-train.ts";
import { characterTokenizerOf, printableCharacters, printableTokenizer } from "../text/characters.ts";
import type { CleaningOptions } from "../text/clean.ts";
import { type HuggingFaceTokenizer, huggingfaceTokenizer } from "../text/huggingface.ts";
import { maskedBpeOf } from "../text/masked-bpe.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { wordPieceFiles } from "../text/wordpiece-files.ts";
import { wordPieceVocabulary } from "../text/wordpiece-vocabulary.ts";
import { wordTokenizerOf } from "../text/words.ts";
import { type SplitName, splitNames } from "./split.ts";

/** `bpe`, `masked-bpe` and `wordpiece` are learned from the training split, as GPT-2, RoBERTa and BERT spell text. */
export type VocabularyName = "printable" | "character" | "word" | SubwordName;

/** Pieces of words. */
export type SubwordName = "bpe" | "masked-bpe" | "wordpiece";

export interface TokenizerOptions {
  /**
   * Cleaning steps, or false for none. Default: all steps, with `keepUnicode` for vocabularies that spell any text, as
   * byte-level BPE and BERT's do.
   */
  readonly cleaning?: CleaningOptions | false | undefined;
  /**
   * Default `printable`, or `character` where the cleaning keeps Unicode or `end` is given. A tokenizer is taken as
   * it is.
   */
  readonly vocabulary?: VocabularyName | Tokenizer | undefined;
  /**
   * The end of a text in a vocabulary of characters (one character) or words, instead of the line break, so that
   * line breaks inside texts are kept and learned. No text may contain it. Default `\n`.
   */
  readonly end?: string | undefined;
  /** For the word vocabulary: words seen less often are `<unk>`. Default 2. */
  readonly minCount?: number | undefined;
  /** For the word vocabulary: keep only this many words, the most frequent ones. Default no limit. */
  readonly maxWords?: number | undefined;
  /** For `bpe`, `masked-bpe` and `wordpiece`: the most ids in all. Default 2,048, 2,052 and 4,096. */
  readonly vocabularySize?: number | undefined;
  /** Stops the reading, and the learning of a BPE vocabulary; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** The texts of each split, which can be read again and again. */
type Splits = Readonly<Record<SplitName, Iterable<string>>>;

/** Whether a vocabulary has pieces of words: a line break is one of its tokens, not the end of a text. */
export const isSubword = (vocabulary: string | undefined): vocabulary is SubwordName =>
  vocabulary === "bpe" || vocabulary === "masked-bpe" || vocabulary === "wordpiece";

/** Whether the vocabulary is left to the library. */
export const isDefault = ({ vocabulary, end }: TokenizerOptions): boolean =>
  vocabulary === undefined && end === undefined;

/** The kind of the vocabulary, also of a tokenizer. */
export function vocabularyOf(options: TokenizerOptions): VocabularyName {
  const { vocabulary, cleaning, end = "\n" } = options;
  const keepUnicode = cleaning !== undefined && cleaning !== false && cleaning.keepUnicode === true;
  if (typeof vocabulary === "object") return vocabulary.kind;
  if (vocabulary === "printable" && keepUnicode) {
    throw new UsageError(
      "The printable vocabulary has 100 ASCII characters and cannot spell what keeping Unicode keeps; " +
        "choose the character vocabulary, or let the cleaning drop what is not ASCII.",
      { option: "vocabulary", value: vocabulary },
    );
  }
  return vocabulary ?? (keepUnicode || end !== "\n" ? "character" : "printable");
}

/**
 * The end of a text as a text could contain it; undefined where no text can.
 * @throws UsageError for an end that the vocabulary cannot have
 */
export function endOf(
  { end, vocabulary: given }: TokenizerOptions,
  vocabulary: VocabularyName,
): string | undefined {
  if (isSubword(vocabulary)) {
    if (end === undefined) return undefined;
    throw new UsageError(
      `Pieces of words have an end of text of their own, and line breaks are learned like any other sign; leave ${option("end")} out.`,
      { option: "end", value: end },
    );
  }
  if (typeof given === "object") {
    const own = given.token(given.endOfText);
    if (end === undefined || end === own) return own;
    throw new UsageError(
      `In this model's vocabulary ${JSON.stringify(own)} ends a text, and ${option("end")} ${JSON.stringify(end)} cannot change that; leave ${option("end")} out.`,
      { option: "end", value: end },
    );
  }
  if (end === undefined || end === "\n") return "\n";
  const [one, more] = [...end];
  if (vocabulary !== "word" && (one === undefined || more !== undefined)) {
    throw invalidOption(
      "end",
      end,
      'one sign that no text contains, such as "|" or "\u00b6", in a vocabulary of characters',
    );
  }
  if (vocabulary === "printable" && !printableCharacters.includes(end)) {
    throw new UsageError(
      `The printable vocabulary has no ${JSON.stringify(end)} for ${option("end")}; choose one of its signs, or the character vocabulary.`,
      { option: "end", value: end },
    );
  }
  if (end === "" || /\s/u.test(end))
    throw invalidOption("end", end, 'a text without white space, such as "<end>"');
  return end;
}

/** @throws InputError where a text contains the end of a text */
export function refuseEnd(text: string, end: string | undefined, from: string): void {
  if (end === undefined || end === "\n" || !text.includes(end)) return;
  throw new InputError(
    "end-in-text",
    `${from} has a text that contains ${JSON.stringify(end)}, which is to end a text: ${JSON.stringify(text.slice(0, 60))}; choose another ${option("end")}.`,
    { end, text },
  );
}

/** The cleaning with the defaults of a vocabulary. */
export function cleaningFor(
  { cleaning = {}, vocabulary }: TokenizerOptions,
  end: string | undefined,
  documents: boolean,
): CleaningOptions | false {
  if (cleaning === false) return false;
  const keepUnicode = cleaning.keepUnicode ?? spellsUnicode(vocabulary);
  // A document's line breaks stay wherever they do not end a text.
  const { lineBreaks = end === undefined ? documents : end !== "\n" } = cleaning;
  return { ...cleaning, lineBreaks, keepUnicode };
}

/** Characters of several scripts, of one to four bytes each. */
const PROBE = "a\u00e9\u2019\u0436\u4e2d\u{1f602}";

/** Whether a vocabulary spells any text: byte-level BPE does, and BERT's has a token for what it lacks. */
function spellsUnicode(vocabulary: TokenizerOptions["vocabulary"]): boolean {
  if (typeof vocabulary !== "object") return vocabulary !== undefined && isSubword(vocabulary);
  if (vocabulary.kind !== "bpe") return vocabulary.kind === "wordpiece";
  try {
    return vocabulary.decode(vocabulary.encode(PROBE)) === PROBE;
  } catch {
    return false;
  }
}

/** The tokenizer of prepared data: the given one, or one learned from its splits. */
export function tokenizerFor(
  options: TokenizerOptions,
  vocabulary: VocabularyName,
  splits: Splits,
  end = "\n",
): Tokenizer {
  const { vocabulary: given } = options;
  function* all() {
    for (const name of splitNames) yield* splits[name];
  }
  if (typeof given !== "object") {
    if (vocabulary === "character") return characterTokenizerOf(all(), end);
    if (vocabulary === "word")
      return wordTokenizerOf(splits.train, { ...wordOptions(options), endOfText: end });
    if (vocabulary === "bpe") return bpeTokenizerOf(splits.train, options.vocabularySize);
    if (vocabulary === "masked-bpe") return maskedBpeOf(bpeTokenizerOf(splits.train, options.vocabularySize));
    if (vocabulary === "wordpiece") return wordPieceTokenizerOf(splits.train, options.vocabularySize);
  }
  const tokenizer = typeof given === "object" ? given : printableTokenizer(end);
  // All characters fit after full cleaning; where a step was left out, this throws for the first that does not.
  if (tokenizer.kind === "character") for (const text of all()) tokenizer.encode(text);
  return tokenizer;
}

/** The same, but it yields to the event loop while it learns BPE. */
export async function tokenizerInTurns(
  options: TokenizerOptions,
  vocabulary: VocabularyName,
  splits: Splits,
  end?: string,
): Promise<Tokenizer> {
  const { vocabulary: given, vocabularySize, signal } = options;
  if (typeof given !== "object" && (vocabulary === "bpe" || vocabulary === "masked-bpe")) {
    const tokenizer = await bpeTokenizerInTurns(splits.train, vocabularySize, signal);
    return vocabulary === "bpe" ? tokenizer : maskedBpeOf(tokenizer);
  }
  return tokenizerFor(options, vocabulary, splits, end);
}

/** The options of `wordTokenizerOf` for a word vocabulary. */
export const wordOptions = ({ minCount, maxWords }: Pick<TokenizerOptions, "minCount" | "maxWords">) => ({
  minCount,
  // The vocabulary also has the unknown word and the end of a text.
  maxSize: maxWords === undefined ? undefined : maxWords + 2,
});

/** Default number of ids of byte-level BPE. */
const SUBWORD_VOCABULARY = 2048;

/** Default number of ids of WordPiece: most of its pieces are whole words, so it needs more than BPE. */
const WORD_PIECE_VOCABULARY = 4096;

/** Byte-level BPE of at most `size` ids, as GPT-2 spells text. */
export const bpeTokenizerOf = (texts: Iterable<string>, size?: number): HuggingFaceTokenizer =>
  tokenizerOf(trainBpe(texts, bpeOptions(size)));

/**
 * The same, but it yields to the event loop: it takes seconds for some megabytes.
 * @param signal stops it; its reason is thrown
 */
export const bpeTokenizerInTurns = async (
  texts: Iterable<string>,
  size?: number,
  signal?: AbortSignal,
): Promise<HuggingFaceTokenizer> =>
  tokenizerOf(await trainBpeInTurns(texts, { ...bpeOptions(size), signal }));

/** WordPiece of at most `size` ids, in lower case, as BERT spells text. */
export function wordPieceTokenizerOf(texts: Iterable<string>, size = WORD_PIECE_VOCABULARY): Tokenizer {
  return tokenizerOf({
    files: wordPieceFiles(wordPieceVocabulary(texts, size), { do_lower_case: true }),
  });
}

const bpeOptions = (vocabularySize = SUBWORD_VOCABULARY): BpeTrainOptions => ({ vocabularySize });

const tokenizerOf = ({ files }: Pick<BpeTraining, "files">): HuggingFaceTokenizer =>
  huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
