/**
 * Self-BLEU: how much the samples resemble one another (Zhu et al., "Texygen", SIGIR 2018). Each sample is
 * the hypothesis once, and all others are its references; the result is the mean BLEU (Papineni et al. 2002)
 * with uniform weights for n = 1 to `order`. 1: all samples are equal; near 0: nothing in common.
 *
 * An order without any match counts as 0.1 matches instead of none (method 1 of Chen and Cherry 2014), so
 * that short samples are not all 0. A sample shorter than n tokens has no n-grams and counts as one of which
 * none matches. The time is linear in the number of samples: for each n-gram the two largest counts in one
 * sample are enough to know the largest among the others.
 */
import { countsOf, ngrams } from "../ngram-counts.ts";

const SMOOTHING = 0.1;

interface Largest {
  /** The sample with the most of this n-gram, and how many it has. */
  owner: number;
  most: number;
  /** The most in any other sample. */
  second: number;
}

/** Mean BLEU of each sample against all others; NaN for fewer than two samples that have tokens. */
export function selfBleu(samples: readonly (readonly string[])[], order = 4): number {
  const texts = samples.filter((tokens) => tokens.length > 0);
  if (texts.length < 2) return Number.NaN;
  const logs = new Float64Array(texts.length);
  for (let n = 1; n <= order; n++) {
    const counts = texts.map((tokens) => countsOf(ngrams(tokens, n)));
    const largest = largestCounts(counts);
    counts.forEach((own, i) => {
      logs[i]! += Math.log(precision(own, largest, i)) / order;
    });
  }
  const lengths = texts.map((tokens) => tokens.length).sort((a, b) => a - b);
  const sum = texts.reduce((all, { length }, i) => all + brevity(length, lengths) * Math.exp(logs[i]!), 0);
  return sum / texts.length;
}

function largestCounts(counts: readonly ReadonlyMap<string, number>[]): Map<string, Largest> {
  const largest = new Map<string, Largest>();
  counts.forEach((own, i) => {
    for (const [ngram, count] of own) {
      const known = largest.get(ngram);
      if (!known) largest.set(ngram, { owner: i, most: count, second: 0 });
      else if (count > known.most) largest.set(ngram, { owner: i, most: count, second: known.most });
      else known.second = Math.max(known.second, count);
    }
  });
  return largest;
}

/** Share of a sample's n-grams that others have, each as often as the one that has it most. */
function precision(
  own: ReadonlyMap<string, number>,
  largest: ReadonlyMap<string, Largest>,
  i: number,
): number {
  let all = 0;
  let matched = 0;
  for (const [ngram, count] of own) {
    const { owner, most, second } = largest.get(ngram)!;
    all += count;
    matched += Math.min(count, owner === i ? second : most);
  }
  return (matched || SMOOTHING) / Math.max(1, all);
}

/** BLEU's brevity penalty against the reference nearest in length, of two the shorter. */
function brevity(length: number, sorted: readonly number[]): number {
  const at = sorted.indexOf(length);
  // The sample itself is among the lengths: with a second one of its length there is no penalty.
  if (sorted[at + 1] === length) return 1;
  const below = sorted[at - 1];
  const above = sorted[at + 1];
  const nearest =
    below === undefined || (above !== undefined && above - length < length - below) ? above! : below;
  return length >= nearest ? 1 : Math.exp(1 - nearest / length);
}
