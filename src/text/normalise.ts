/**
 * The form of a text in which two copies are equal: case, accents, punctuation, white space and
 * "Q:" and "A:" labels do not count. Duplicates are found on it, and its hash decides the split.
 */
import { foldAccents } from "./ascii.ts";

/** "Q:" or "A." before a question and its answer, in the ways people write it. */
const labels = /(?:^|[\s([])(?:q(?:uestion)?|a(?:nswer)?)\s*(?:[:>]+|[.)-](?=\s))/gi;
/** A character of the scripts that put no spaces between words, which is a word of its own here. */
export const wordAlone = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
/** Such a character, or one word. Marks belong to it: in Hindi they are vowels, and "boy" and "girl" differ by them. */
const words = new RegExp(`${wordAlone.source}|(?:(?!${wordAlone.source})[\\p{L}\\p{N}]\\p{M}*)+`, "gu");
const asciiWords = /[a-z0-9]+/g;
/** What `foldAccents` leaves of accents that no letter is composed with, on letters that need none. */
const loneAccents = /(?<=[a-z0-9])\p{M}+/gu;

/**
 * The words of `text` in lower case with one space between them; apostrophes join (`don't` is `dont`).
 * A text without any letter or digit is itself, trimmed, so that two different ones stay different.
 */
export function normalise(text: string): string {
  const ascii = /^[\0-\x7f]*$/.test(text);
  const folded = (ascii ? text : foldAccents(text))
    .replace(labels, " ")
    .toLowerCase()
    .replace(/['\u2018\u2019`]/g, "");
  const found = ascii ? folded.match(asciiWords) : folded.replace(loneAccents, "").match(words);
  return found ? found.join(" ") : text.trim();
}
