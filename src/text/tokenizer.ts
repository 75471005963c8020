/**
 * What every vocabulary is to the rest of Punchline: text to ids and back.
 *
 * @example
 * const ids = tokenizer.encode("Why did the chicken");
 * tokenizer.decode(ids); // "Why did the chicken"
 */
import { InputError } from "../core/errors.ts";

export type TokenizerKind = "character" | "word" | "bpe" | "wordpiece";

export interface Tokenizer {
  readonly kind: TokenizerKind;
  /** Number of ids; valid ids are 0 to `size - 1`. */
  readonly size: number;
  /** The id that ends one item (a joke): `\n` for characters and words, `<|endoftext|>` for GPT-2, `[SEP]` for BERT. */
  readonly endOfText: number;
  /** Whether the model's input begins with `endOfText`, as its training texts followed each other. Default false. */
  readonly beginsAfterEnd?: boolean | undefined;
  /** The id that the model's input begins with, where that is not `endOfText` (Llama's `<s>`). Default: none. */
  readonly beginOfText?: number | undefined;
  /** The id of a hidden token, where the vocabulary has one (BERT's `[MASK]`). */
  readonly mask?: number | undefined;
  /** The id that fills short rows of a batch; ids equal to it are never masked by value, only by length. */
  readonly pad?: number | undefined;
  /** The mark of each word's last piece, where the vocabulary has one (GPT's `</w>`): a space follows it. */
  readonly wordEnd?: string | undefined;
  /** Whether decoding joins punctuation to the words around it, so that a text's end depends on what follows. Default false. */
  readonly tidies?: boolean | undefined;
  /** Whether a token adds the same text behind whatever whole characters there are, as in byte-level BPE. Default false. */
  readonly standsAlone?: boolean | undefined;
  /**
   * Ids of `text`, without any special token added.
   * @throws InputError `unknown-character`, which names the character, where the vocabulary cannot spell it.
   */
  encode(text: string): Int32Array;
  /** {@link encode}, with a `yield` after every few milliseconds, for long texts. Absent where it cannot be divided. */
  readonly encodeInSteps?: ((text: string) => Generator<void, Int32Array>) | undefined;
  /** Text of `ids`, special tokens left out. The inverse of `encode` where the format promises it. */
  decode(ids: ArrayLike<number>): string;
  /** The written form of one id, for people: `"\n"` shown as it is in the vocabulary. */
  token(id: number): string;
  /** The id of one written token, or undefined. */
  id(token: string): number | undefined;
  /** The contents of the Hugging Face files that @huggingface/tokenizers reads, by file name. */
  files(): Readonly<Record<"tokenizer.json" | "tokenizer_config.json", unknown>>;
}

/** @throws InputError `unknown-id` for an id that the list of tokens does not have */
export function tokenAt(vocabulary: readonly string[], id: number): string {
  const token = vocabulary[id];
  if (token !== undefined) return token;
  const last = vocabulary.length - 1;
  throw new InputError("unknown-id", `The vocabulary has no id ${id}; its ids are 0 to ${last}.`);
}

/** One token for people: of byte pairs the text, of others as the vocabulary writes it, with the mark of a piece of a word. */
export const tokenText = (tokenizer: Tokenizer, id: number): string =>
  (tokenizer.kind === "bpe" && tokenizer.decode([id])) || tokenizer.token(id);
