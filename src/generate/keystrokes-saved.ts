/**
 * Which suggestions to show to somebody who types: those that are expected to save most keys.
 *
 * Taking a suggestion costs one key, so that one of n characters saves n - 1: nothing for a single character, and
 * more for a long word than for a short one that is a little likelier. Suggestions of one search exclude each
 * other, so the best list is that of the largest expected savings, probability times keys saved.
 */
import { checkList } from "../core/options.ts";
import type { Suggestion } from "./suggest.ts";

/** Candidates to search for, for each suggestion shown: likely ones that are long are beyond the likeliest few. */
export const CANDIDATES = 2;

/** At most `n` of the candidates, the one that saves most first; none that saves nothing. */
export function rankByKeystrokesSaved(candidates: readonly Suggestion[], n: number): Suggestion[] {
  checkList(candidates ?? null, "candidates");
  return candidates
    .filter(({ text }) => keysSaved(text) > 0)
    .toSorted((a, b) => b.probability * keysSaved(b.text) - a.probability * keysSaved(a.text))
    .slice(0, n);
}

const keysSaved = (text: string): number => [...text].length - 1;

/**
 * Whether a space comes by itself before `key`, typed after `text` that ends with a suggestion just taken: so
 * after a whole word, when the next one begins.
 */
export const spaceComesFirst = (text: string, key: string): boolean =>
  /[\p{L}\p{M}\p{N}_]$/u.test(text) && /^[\p{L}\p{N}_]/u.test(key);
