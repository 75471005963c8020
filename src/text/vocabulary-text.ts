/** What identifies a vocabulary, for fingerprints. Runs in a browser. */
import type { Tokenizer } from "../text/tokenizer.ts";

/** Hexadecimal digits of a fingerprint. */
export const FINGERPRINT_DIGITS = 32;

/** The metadata key, in a file of weights, of the fingerprint of the vocabulary that they were trained with. */
export const TOKENIZER_FINGERPRINT = "punchline_tokenizer";

/** A vocabulary's kind and the token of every id, as the text of which its fingerprint is the SHA-256. */
export function vocabularyText({ kind, size, token }: Tokenizer): string {
  const written = (id: number): string | null => {
    try {
      return token(id);
    } catch {
      // Ids may have gaps.
      return null;
    }
  };
  const tokens = Array.from({ length: size }, (_, id) => written(id));
  return JSON.stringify([kind, tokens]);
}
