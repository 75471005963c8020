/**
 * Vocabularies of single characters: Python's `string.printable`, or the characters of a text.
 *
 * @example
 * const tokenizer = printableTokenizer();
 * tokenizer.encode("Hi!\n"); // Int32Array [43, 18, 62, 96]
 */
import { InputError } from "../core/errors.ts";
import { type Tokenizer, tokenAt } from "./tokenizer.ts";

/**
 * Exactly Python's `string.printable`: digits, letters, punctuation and white space, 100 characters,
 * with the ids 0 to 99 in this order.
 * Source: the Python Library Reference, "string: common string operations".
 */
export const printableCharacters =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" +
  "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\x0b\x0c";

/**
 * The vocabulary {@link printableCharacters}.
 * @param end the character that ends an item. Default `\n`, id 96.
 */
export function printableTokenizer(end = "\n"): Tokenizer {
  return characterTokenizer([...printableCharacters], end);
}

/**
 * The vocabulary of every character (Unicode code point) in `texts`, and the end, in code point order: the
 * same texts give the same ids whatever their order.
 * @param end the character that ends an item. Default `\n`.
 */
export function characterTokenizerOf(texts: Iterable<string>, end = "\n"): Tokenizer {
  const low = new Uint8Array(0x10000);
  const high = new Set<string>();
  for (const text of [end, ...texts]) {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) {
        const point = text.codePointAt(i)!;
        if (point > 0xffff) {
          high.add(String.fromCodePoint(point));
          i++;
          continue;
        }
      }
      low[code] = 1;
    }
  }
  const characters: string[] = [];
  for (let code = 0; code < low.length; code++) if (low[code]) characters.push(String.fromCharCode(code));
  const byCodePoint = (a: string, b: string) => a.codePointAt(0)! - b.codePointAt(0)!;
  return characterTokenizer([...characters, ...[...high].sort(byCodePoint)], end);
}

/**
 * A vocabulary of the given characters. Ids are places in the list.
 * @param endOfText the character that ends an item; it must be in the list. Default `\n`.
 * @throws InputError `vocabulary` where an entry is not one character, is there twice, or the end is missing.
 */
export function characterTokenizer(characters: readonly string[], endOfText = "\n"): Tokenizer {
  const ids = idsOf(characters);
  const end = ids.get(endOfText);
  if (end === undefined) {
    throw new InputError(
      "vocabulary",
      `The vocabulary lacks ${JSON.stringify(endOfText)}, the character that ends an item; add it to the list.`,
    );
  }
  const table = new Int32Array(0x80).fill(-1);
  for (const [character, id] of ids) {
    const code = character.charCodeAt(0);
    if (code < table.length) table[code] = id;
  }

  const encode = (text: string): Int32Array => {
    const out = new Int32Array(text.length);
    let n = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      let id = code < 0x80 ? table[code]! : -1;
      if (id < 0) {
        const character = String.fromCodePoint(text.codePointAt(i)!);
        id = ids.get(character) ?? -1;
        if (id < 0) throw unknownCharacter(character, i);
        i += character.length - 1;
      }
      out[n++] = id;
    }
    return n === out.length ? out : out.slice(0, n);
  };

  return {
    kind: "character",
    size: characters.length,
    endOfText: end,
    encode,
    decode(tokens) {
      let text = "";
      for (let i = 0; i < tokens.length; i++) text += tokenAt(characters, tokens[i]!);
      return text;
    },
    token: (id) => tokenAt(characters, id),
    id: (token) => ids.get(token),
    files: () => characterFiles(characters, endOfText),
  };
}

function idsOf(characters: readonly string[]): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [id, character] of characters.entries()) {
    if ([...character].length !== 1) {
      throw new InputError(
        "vocabulary",
        `Entry ${id} of the character vocabulary is ${JSON.stringify(character)}; each must be exactly one character.`,
      );
    }
    if (ids.has(character)) {
      throw new InputError(
        "vocabulary",
        `The character vocabulary has ${JSON.stringify(character)} twice (ids ${ids.get(character)} and ${id}); remove one.`,
      );
    }
    ids.set(character, id);
  }
  return ids;
}

function unknownCharacter(character: string, position: number): InputError {
  const point = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
  return new InputError(
    "unknown-character",
    `The vocabulary has no character ${JSON.stringify(character)} (${point}, at position ${position}); ` +
      "clean the text of such characters, or train with a vocabulary built from the text.",
    { character, codePoint: point, position },
  );
}

/**
 * A character vocabulary in the Hugging Face format: byte-pair encoding without merges, behind a split into
 * single characters. That library drops a character that it does not know, where `encode` here refuses it.
 */
function characterFiles(characters: readonly string[], endOfText: string) {
  return {
    "tokenizer.json": {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: {
        type: "Split",
        pattern: { Regex: "[\\s\\S]" },
        behavior: "Isolated",
        invert: false,
      },
      post_processor: null,
      decoder: { type: "Fuse" },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        vocab: Object.fromEntries(characters.map((character, id) => [character, id])),
        merges: [],
      },
    },
    "tokenizer_config.json": {
      tokenizer_class: "PreTrainedTokenizerFast",
      clean_up_tokenization_spaces: false,
      eos_token: endOfText,
    },
  };
}
