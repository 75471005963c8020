/** Counts the keys that a text took, as `evaluateTyping` does: one for each character, and one for each suggestion. */
import { spaceComesFirst } from "./keystrokes-saved.ts";

export interface Typed {
  readonly text: string;
  readonly keys: number;
  /** Whether the last key took a suggestion; a space then comes by itself before the next word. */
  readonly took: boolean;
}

export const nothingTyped: Typed = { text: "", keys: 0, took: false };

/** After the field was changed to `text`: a key for each character that was added, or one where none was. */
export function edited(before: Typed, text: string): Typed {
  const added = addedTo(before.text, text);
  const atEnd = text === before.text + added;
  const spaced = before.took && atEnd && spaceComesFirst(before.text, added);
  return {
    text: spaced ? `${before.text} ${added}` : text,
    keys: before.keys + Math.max(1, [...added].length),
    took: false,
  };
}

/** After a suggestion was taken, with one key. */
export const taken = (before: Typed, suggestion: string): Typed => ({
  text: before.text + suggestion,
  keys: before.keys + 1,
  took: true,
});

/** Share of the keys that suggestions saved; undefined before the first character. */
export function keysSaved({ text, keys }: Typed): number | undefined {
  const characters = [...text].length;
  return characters === 0 ? undefined : (characters - keys) / characters;
}

/** What `after` has between the beginning and the end that it shares with `before`. */
function addedTo(before: string, after: string): string {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return after.slice(start, after.length - end);
}
