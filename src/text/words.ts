/**
 * A vocabulary of whole words and punctuation marks. Decoded text reads as it was written.
 *
 * Words are in the vocabulary as they are. There is a space between any two tokens, unless a joiner (U+FFED)
 * on a punctuation mark says that there was none on that side: `Why, "me"?` is the six tokens
 * `Why`, `￭,`, `"￭`, `me`, `￭"` and `￭?`, so nothing has to be guessed when tokens become text again.
 * Joiner marks are described in the documentation of OpenNMT's Tokenizer, "Joiner annotation".
 *
 * `decode(encode(text)) === text` holds for a text of known tokens, if its white space is single spaces and
 * single line breaks without spaces around them, as cleaning leaves it.
 *
 * @example
 * const tokenizer = wordTokenizerOf(jokes, { minCount: 2 });
 * tokenizer.decode(tokenizer.encode("Why did the chicken cross?"));
 */
import { InputError } from "../core/errors.ts";
import { type Tokenizer, tokenAt } from "./tokenizer.ts";
import { WordCounts } from "./word-counts.ts";

/** The mark of "no space on this side". */
export const joiner = "\uffed";

/** The token of every word outside the vocabulary. */
export const unknownWord = "<unk>";

/** The prefix of a piece inside a word in the file format; no token may start with it, so no word is cut. */
export const noPieces = joiner + joiner;

const word = "\\p{L}\\p{M}\\p{N}_";
const apostrophe = "'\u2019";

/** A word with inner apostrophes, a mark with its joiners, or a line break. These sources also go to the file. */
const tokenPattern = `[${word}]+(?:[${apostrophe}][${word}]+)*|${joiner}?[^\\s${word}${joiner}](?:${joiner}(?=[${word}]))?|\\n`;
/** The place between a non-space and a mark (not an apostrophe inside a word), where a joiner goes. */
const joinLeftPattern = `(?<=\\S)(?!(?<=[${word}])[${apostrophe}][${word}])(?=[^\\s${word}])`;
/** The place between a mark (not an apostrophe inside a word) and a word, where a joiner goes. */
const joinRightPattern = `(?<=[^\\s${word}])(?<![${word}][${apostrophe}])(?=[${word}])`;
/** A joiner in the text itself is written as the square that Unicode holds compatible with it. */
const square = "\u25a0";

const tokens = new RegExp(tokenPattern, "gu");
const joinLeft = new RegExp(joinLeftPattern, "gu");
const joinRight = new RegExp(joinRightPattern, "gu");

export interface WordVocabularyOptions {
  /** A word seen less often than this becomes `<unk>`. Default 2. */
  readonly minCount?: number | undefined;
  /** Keep at most this many tokens, the most frequent first, `<unk>` and `\n` included. Default no limit. */
  readonly maxSize?: number | undefined;
  /** The token that ends an item. Default `\n`. */
  readonly endOfText?: string | undefined;
}

/**
 * The vocabulary of the words and marks in `texts`: `<unk>` is 0, the end of an item is 1, then the others
 * from the most to the least frequent (equal ones in code unit order).
 */
export function wordTokenizerOf(texts: Iterable<string>, options: WordVocabularyOptions = {}): Tokenizer {
  const { minCount = 2, maxSize = Number.POSITIVE_INFINITY, endOfText = "\n" } = options;
  const counted = new WordCounts();
  for (const text of texts) for (const token of tokenise(text)) counted.add(token);
  const kept = [...counted.counts].filter(([token, n]) => n >= minCount && token !== endOfText);
  kept.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const words = kept.slice(0, Math.max(0, maxSize - 2)).map(([token]) => token);
  if (words.length === 0) {
    throw new InputError(
      "vocabulary",
      `No word is seen ${minCount} times, so the vocabulary would be empty; give more text or lower the minimum count.`,
    );
  }
  return wordTokenizer([unknownWord, endOfText, ...words], endOfText);
}

/**
 * A vocabulary of the given tokens. Ids are places in the list; `<unk>` and the end must be there.
 * @param end the token that ends an item. Default `\n`.
 * @throws InputError `vocabulary` where they are not, or a token is there twice.
 */
export function wordTokenizer(vocabulary: readonly string[], end = "\n"): Tokenizer {
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  const unknown = ids.get(unknownWord);
  const endOfText = ids.get(end);
  if (unknown === undefined || endOfText === undefined) {
    const missing = unknown === undefined ? `"${unknownWord}"` : JSON.stringify(end);
    throw new InputError("vocabulary", `The word vocabulary lacks ${missing}; add it to the list.`);
  }
  if (ids.size !== vocabulary.length) {
    const twice = vocabulary.find((token, id) => ids.get(token) !== id);
    throw new InputError("vocabulary", `The word vocabulary has ${JSON.stringify(twice)} twice; remove one.`);
  }
  const token = (id: number): string => tokenAt(vocabulary, id);
  return {
    kind: "word",
    size: vocabulary.length,
    endOfText,
    encode: (text) => Int32Array.from(tokenise(text), (part) => ids.get(part) ?? unknown),
    decode: (list) => detokenise(Array.from(list, token)),
    token,
    id: (part) => ids.get(part),
    files: () => wordFiles(ids, end),
  };
}

/** The words and marks of a text, with joiners; white space other than `\n` only separates. */
export function tokenise(text: string): string[] {
  const plain = text.includes(joiner) ? text.replaceAll(joiner, square) : text;
  const joined = plain.replace(joinLeft, joiner).replace(joinRight, joiner);
  return joined.match(tokens) ?? [];
}

/** The text that {@link tokenise} cut into `parts`. */
export function detokenise(parts: readonly string[]): string {
  return parts
    .join(" ")
    .replaceAll(` ${joiner}`, "")
    .replaceAll(`${joiner} `, "")
    .replaceAll(joiner, "")
    .replace(/ ?\n ?/g, "\n");
}

const replace = (pattern: string, content: string) => ({
  type: "Replace",
  pattern: { String: pattern },
  content,
});

/**
 * A word vocabulary in the Hugging Face format: WordPiece that can never cut a word, because no token begins
 * with its prefix for inner pieces.
 */
function wordFiles(ids: ReadonlyMap<string, number>, end: string) {
  const joinStep = (pattern: string) => ({ type: "Replace", pattern: { Regex: pattern }, content: joiner });
  return {
    "tokenizer.json": {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: {
        type: "Sequence",
        normalizers: [replace(joiner, square), joinStep(joinLeftPattern), joinStep(joinRightPattern)],
      },
      pre_tokenizer: {
        type: "Split",
        pattern: { Regex: tokenPattern },
        behavior: "Removed",
        invert: true,
      },
      post_processor: null,
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "WordPiece", prefix: joiner, cleanup: false },
          { type: "Fuse" },
          replace(`${joiner} `, ""),
          replace(joiner, ""),
          replace(" \n", "\n"),
          replace("\n ", "\n"),
        ],
      },
      model: {
        type: "WordPiece",
        unk_token: unknownWord,
        continuing_subword_prefix: noPieces,
        max_input_chars_per_word: 1_000_000,
        vocab: Object.fromEntries(ids),
      },
    },
    "tokenizer_config.json": {
      tokenizer_class: "PreTrainedTokenizerFast",
      clean_up_tokenization_spaces: false,
      unk_token: unknownWord,
      eos_token: end,
    },
  };
}
