/** What a list of texts is, before anything is done with it. */
import type { TextsView } from "./calls.ts";

export type TextCounts = Pick<TextsView, "texts" | "characters" | "beyondAscii" | "first">;

/** Texts that are shown of a list, and characters of each. */
const [FIRST, BEGINNING] = [100, 200];

export function countTexts(list: readonly string[]): TextCounts {
  let [characters, beyondAscii] = [0, 0];
  for (const text of list) {
    characters += text.length;
    if (hasOtherLetters(text)) beyondAscii++;
  }
  const first = list.slice(0, FIRST).map((text) => text.slice(0, BEGINNING));
  return { texts: list.length, characters, first, beyondAscii };
}

/** Letters and emoji that ASCII does not have; signs such as curly quotes do not count. */
const hasOtherLetters = (text: string): boolean =>
  /[^\p{ASCII}]/u.test(text) &&
  /[\p{L}\p{M}\p{Extended_Pictographic}]/u.test(text.replace(/\p{ASCII}+/gu, ""));

/** Of a short list, which needs no worker: the call `inspect` does the same. */
export const viewOfTexts = (list: readonly string[]): TextsView => ({
  ...countTexts(list),
  unit: "items",
  columns: [],
  notes: [],
});
