/** The beginning of a text, cut between words where that leaves enough of it. */

/** Fewer different letters than these say nothing: then the cut is inside a word. */
const LEAST = 3;

/** @param most letters of it */
export function firstWords(text: string, most: number): string {
  const letters = [...text.trim()];
  if (letters.length <= most) return letters.join("");
  const cut = letters.slice(0, most + 1).join("");
  const words = cut.replace(/[^\p{L}\p{M}\p{N}]*\s\S*$/u, "");
  return words !== cut && new Set(words).size >= LEAST ? words : letters.slice(0, most).join("").trim();
}
