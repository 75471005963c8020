/** Words that a vocabulary with a token for the unknown, as BERT's or one of words, cannot spell. */
import type { Tokenizer } from "./tokenizer.ts";
import { unknownWord } from "./words.ts";

/** The token for words that the vocabulary lacks; undefined where there is none. */
export const unknownToken = (tokenizer: Tokenizer): string | undefined =>
  ["[UNK]", unknownWord].find((token) => tokenizer.id(token) !== undefined);

/** The words of `text`, separated by white space, that are encoded with the unknown token. */
export function unknownWords(tokenizer: Tokenizer, text: string): string[] {
  const token = unknownToken(tokenizer);
  if (token === undefined) return [];
  const unknown = tokenizer.id(token)!;
  if (!tokenizer.encode(text).includes(unknown)) return [];
  return (text.match(/\S+/g) ?? []).filter((word) => tokenizer.encode(word).includes(unknown));
}
