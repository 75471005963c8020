/** Where words, sentences and lines end in a text that is being written on. */

const wordCharacter = /^[\p{L}\p{M}\p{N}_]/u;
const apostrophe = /^['\u2019]/;

/** Whether `text` begins with a character of a word; an apostrophe is one after another character of the word. */
export const beginsInWord = (text: string, afterWord: boolean): boolean =>
  wordCharacter.test(text) || (afterWord && apostrophe.test(text));

/** The word that `text` ends in the middle of, or right after, with the space before it; often empty. */
export const lastWord = (text: string): string =>
  / ?[\p{L}\p{M}\p{N}_]+(?:['\u2019][\p{L}\p{M}\p{N}_]*)*$| $/u.exec(text)?.[0] ?? "";

export interface WordEnd {
  /** Where what was added has come to its end, if it has: before this place. */
  readonly end: number | undefined;
  /** Whether the next character that belongs to no word would end it. */
  readonly inLastWord: boolean;
}

/**
 * How far `added` has come after `typed`, if it is to end with the word number `words` that ends in it. A line
 * break ends it too; so does, where it may have several words, a space after the end of a sentence.
 */
export function findWordEnd(typed: string, added: string, words: number): WordEnd {
  let within = lastWord(typed).trim() !== "";
  let lettersAdded = false;
  let sentenceEnded = false;
  let ended = 0;
  let at = 0;
  for (const character of added) {
    if (beginsInWord(character, within)) {
      within = true;
      lettersAdded ||= wordCharacter.test(character);
      sentenceEnded = false;
    } else {
      if (within && lettersAdded) ended++;
      if (ended === words) return { end: at, inLastWord: false };
      if (character === "\n") return { end: words > 1 ? at : 0, inLastWord: false };
      if (words > 1 && sentenceEnded && character === " ") return { end: at, inLastWord: false };
      sentenceEnded = /[.!?\u2026]/.test(character) || (sentenceEnded && /["'\u201d\u2019)]/.test(character));
      within = false;
      lettersAdded = false;
    }
    at += character.length;
  }
  return { end: undefined, inLastWord: within && lettersAdded && ended === words - 1 };
}
