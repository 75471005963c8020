/** First words of texts, for a model to go on with. */

/** Beginnings that are offered. */
const OFFERED = 3;
/** Words from which a text is more than a name. */
const SENTENCE = 4;

/**
 * Beginnings of some of the texts, from all over the list: two words of sentences, two letters of names.
 * @param texts as they were given
 */
export function beginningsOf(texts: readonly string[]): readonly string[] {
  const all = texts.map((text) => text.trim()).filter((text) => text !== "");
  const words = (text: string) => text.split(/\s+/);
  const sentences = 2 * all.filter((text) => words(text).length >= SENTENCE).length > all.length;
  const begun = all.map((text) =>
    sentences ? words(text).slice(0, 2).join(" ") : [...text].slice(0, 2).join("").trim(),
  );
  const different = [...new Set(begun)];
  const n = Math.min(OFFERED, different.length);
  return Array.from({ length: n }, (_, k) => different[Math.floor((k * different.length) / n)]!);
}
