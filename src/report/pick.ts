/** Which of many samples to put on top of the page. */
import { likenessOf } from "../evaluate/novelty/finding.ts";

/** A text with its audit. */
type Audited = Parameters<typeof likenessOf>[0] & { readonly text: string };

/**
 * The sample that reads best alone: new, finished (it ends like a sentence), as long as a joke, and, of these, the one
 * with the largest share of known words. A rule cannot judge which is funny, but can leave out what is not a joke. The
 * first of equals; undefined where there is no sample.
 * @param known whether the data has this word, in lower case. Default: it has every word.
 */
export function pickBest<Text extends Audited>(
  samples: readonly Text[],
  known: (word: string) => boolean = () => true,
): Text | undefined {
  return samples
    .map((sample) => ({ sample, points: score(sample, known) }))
    .filter(({ points }) => points > -Infinity)
    .sort((a, b) => b.points - a.points)[0]?.sample;
}

function score(sample: Audited, known: (word: string) => boolean): number {
  const text = sample.text.trim();
  const words = text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
  if (words.length === 0) return Number.NEGATIVE_INFINITY;
  const verdict = { new: 4, close: 2, known: 0, copy: 0 }[likenessOf(sample)];
  const ended = /[.!?"']$/.test(text) ? 1 : 0;
  const length = text.length >= 40 && text.length <= 160 ? 1 : 0;
  // A question with an answer has the form of a joke.
  const answered = /\?\s+\S/.test(text) ? 0.25 : 0;
  const share = words.filter(known).length / words.length;
  // In what people write, fewer than one character in ten belongs to no word.
  const wordy = (text.match(/[\p{L}\p{N}'\s]/gu)?.length ?? 0) / text.length >= 0.9 ? 1 : 0;
  return verdict + ended + length + answered + 3 * share + wordy;
}
