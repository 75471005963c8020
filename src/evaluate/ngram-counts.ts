/** N-grams of words, as the measures of diversity count them. */

/** Separates the words of an n-gram; no word contains it. */
const JOINT = "\u0000";

/** Words and punctuation marks of `text`, lower case; every other character is a token of its own. */
export function tokensOf(text: string): string[] {
  return (
    text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]/gu) ?? []
  );
}

/** The n-grams of `tokens` in order: `max(0, tokens.length - n + 1)` of them. */
export function ngrams(tokens: readonly string[], n: number): string[] {
  return Array.from({ length: Math.max(0, tokens.length - n + 1) }, (_, i) =>
    tokens.slice(i, i + n).join(JOINT),
  );
}

/** How often each item occurs. */
export function countsOf(items: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
