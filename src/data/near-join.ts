/**
 * The search behind near duplicates: an exact join of weighed word sets.
 *
 * All sets list their words in one order, rarest first. For similarity t, two sets of w and v letters must
 * share t / (1 + t) (w + v) letters. Three tests come before a pair is measured; each only refuses pairs that
 * cannot reach that: the two must share a word of their prefixes (the words before less than t w of the letters
 * are left); from the first shared word on, enough letters must be left in both; and enough letters of the one
 * must have their bit in the 64-bit signature of the other.
 * Sources: Chaudhuri, Ganti and Kaushik, "A primitive operator for similarity joins in data cleaning" (2006) and
 * Bayardo, Ma and Srikant, "Scaling up all pairs similarity search" (2007) for the prefix; Xiao, Wang, Lin and
 * Yu, "Efficient similarity joins for near duplicate detection" (2008) for the position; Sandes, Teodoro and
 * Melo, "Bitmap filter" (2020) for the signature.
 */
import { createShingles } from "./shingles.ts";
import { createPostings, prefixEnds, type WordSets, wordSets } from "./word-sets.ts";

export interface NearThresholds {
  readonly words: number;
  readonly candidates: number;
  readonly shingles: number;
}

/** Sums of products of fractions are compared with this slack, so that equality counts as reached. */
const slack = 1e-6;

/**
 * For each of the different normalised texts, the index of a kept earlier one that it is near, or -1; texts
 * with -1 are the kept ones. It yields after each text.
 */
export function* markNearDuplicates(
  texts: readonly string[],
  thresholds: NearThresholds,
  onProgress: (done: number) => void,
): Generator<undefined, Int32Array> {
  const least = Math.min(thresholds.words, thresholds.candidates);
  const share = least / (1 + least);
  const sets = wordSets(texts);
  const { words, starts, rest, letters } = sets;
  const prefixes = prefixEnds(sets, least - slack);
  const index = createPostings(sets, prefixes);
  const measured = new Int32Array(texts.length).fill(-1);
  const shingles = createShingles();
  const nearOf = new Int32Array(texts.length).fill(-1);

  const isNear = (i: number, j: number): boolean => {
    const { weighed, plain } = jaccard(sets, i, j, share);
    if (weighed < least - slack) return false;
    if (Math.max(weighed, plain) >= thresholds.words - slack) return true;
    shingles.load(texts[i]!);
    return shingles.reaches(texts[j]!, thresholds.shingles);
  };

  /** Whether the words of i from `at` on that can be in a set of this signature have `needed` letters. */
  const canShare = (at: number, end: number, low: number, high: number, needed: number): boolean => {
    let possible = rest[at]!;
    for (let k = at; k < end; k++) {
      const word = words[k]!;
      const bit = 1 << (word & 31);
      if (((word & 32) === 0 ? low & bit : high & bit) !== 0) continue;
      possible -= letters[word]!;
      if (possible < needed) return false;
    }
    return possible >= needed;
  };

  const search = (i: number): number => {
    const total = rest[starts[i]!]!;
    const end = starts[i + 1]!;
    for (let at = starts[i]!; at < prefixes[i]!; at++) {
      const left = rest[at]!;
      const last = index.ends[words[at]!]!;
      for (let p = index.starts[words[at]!]!; p < last; p++) {
        const needed = share * (total + index.total[p]!) - slack;
        if (left < needed || index.rest[p]! < needed) continue;
        if (!canShare(at, end, index.low[p]!, index.high[p]!, needed)) continue;
        const j = index.item[p]!;
        if (measured[j] === i) continue;
        measured[j] = i;
        if (isNear(i, j)) return j;
      }
    }
    return -1;
  };

  for (let i = 0; i < texts.length; i++) {
    const found = search(i);
    if (found >= 0) nearOf[i] = found;
    else index.add(i);
    if (i % 4096 === 4095) onProgress(i + 1);
    yield;
  }
  return nearOf;
}

/**
 * Letters in common over letters in all, and words in common over words in all; both 0 as soon as `share` of the
 * two texts' letters is out of reach.
 */
function jaccard({ words, starts, letters, rest }: WordSets, i: number, j: number, share: number) {
  let a = starts[i]!;
  let b = starts[j]!;
  const endA = starts[i + 1]!;
  const endB = starts[j + 1]!;
  const size = endA - a + (endB - b);
  const total = rest[a]! + rest[b]!;
  const needed = share * total - slack;
  let common = 0;
  let both = 0;
  while (a < endA && b < endB) {
    if (common + Math.min(rest[a]!, rest[b]!) < needed) return { weighed: 0, plain: 0 };
    const difference = words[a]! - words[b]!;
    if (difference === 0) {
      common += letters[words[a]!]!;
      both++;
    }
    if (difference <= 0) a++;
    if (difference >= 0) b++;
  }
  return { weighed: common / (total - common), plain: both / (size - both) };
}
