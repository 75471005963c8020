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
import { createPostings, prefixEnd, type WordSet, type WordSets, wordSets } from "./word-sets.ts";

export interface NearThresholds {
  readonly words: number;
  readonly candidates: number;
  readonly shingles: number;
}

/** Sums of products of fractions are compared with this slack, so that equality counts as reached. */
const slack = 1e-6;

/** Different normalised texts, each of which is kept or near a kept one, and what other texts are near. */
export interface NearJoin {
  /**
   * The next text, from the first on: the number of a kept earlier text that it is near, or -1, and then it is kept.
   */
  place(): number;
  /** The number of a kept text that this normalised one, which is none of them, is near; or -1. */
  find(text: string): number;
}

export function createNearJoin(texts: readonly string[], thresholds: NearThresholds): NearJoin {
  const least = Math.min(thresholds.words, thresholds.candidates);
  const share = least / (1 + least);
  const sets = wordSets(texts);
  const { letters } = sets;
  const prefixOf = (set: WordSet) => prefixEnd(set, least - slack);
  const index = createPostings(sets, prefixOf);
  /** By which search a text was measured last. */
  const measured = new Float64Array(texts.length).fill(-1);
  let searches = 0;
  const shingles = createShingles();

  const isNear = (set: WordSet, text: string, j: number): boolean => {
    const { weighed, plain } = jaccard(sets, set, j, share);
    if (weighed < least - slack) return false;
    if (Math.max(weighed, plain) >= thresholds.words - slack) return true;
    shingles.load(text);
    return shingles.reaches(texts[j]!, thresholds.shingles);
  };

  const search = (set: WordSet, text: string): number => {
    const { words, rest, from, to, total } = set;
    /** Whether the words from `at` on that can be in a set of this signature have `needed` letters. */
    const canShare = (at: number, low: number, high: number, needed: number): boolean => {
      let possible = rest[at]!;
      for (let k = at; k < to; k++) {
        const word = words[k]!;
        const bit = 1 << (word & 31);
        if (((word & 32) === 0 ? low & bit : high & bit) !== 0) continue;
        possible -= letters[word]!;
        if (possible < needed) return false;
      }
      return possible >= needed;
    };
    const number = searches++;
    const end = prefixOf(set);
    for (let at = from; at < end; at++) {
      const left = rest[at]!;
      const last = index.ends[words[at]!]!;
      for (let p = index.starts[words[at]!]!; p < last; p++) {
        const needed = share * (total + index.total[p]!) - slack;
        if (left < needed || index.rest[p]! < needed) continue;
        if (!canShare(at, index.low[p]!, index.high[p]!, needed)) continue;
        const j = index.item[p]!;
        if (measured[j] === number) continue;
        measured[j] = number;
        if (isNear(set, text, j)) return j;
      }
    }
    return -1;
  };

  let next = 0;
  return {
    place() {
      const i = next++;
      const found = search(sets.of(i), texts[i]!);
      if (found < 0) index.add(i);
      return found;
    },
    find: (text) => search(sets.other(text), text),
  };
}

/**
 * For each of the different normalised texts, the index of a kept earlier one that it is near, or -1; texts
 * with -1 are the kept ones. It yields after each text.
 */
export function* markNearDuplicates(
  texts: readonly string[],
  thresholds: NearThresholds,
  onProgress: (done: number) => void,
): Generator<undefined, Int32Array> {
  const join = createNearJoin(texts, thresholds);
  const nearOf = new Int32Array(texts.length);
  for (let i = 0; i < texts.length; i++) {
    nearOf[i] = join.place();
    if (i % 4096 === 4095) onProgress(i + 1);
    yield;
  }
  return nearOf;
}

/**
 * Letters in common over letters in all, and words in common over words in all; both 0 as soon as `share` of the
 * two texts' letters is out of reach.
 */
function jaccard({ words, starts, letters, rest }: WordSets, set: WordSet, j: number, share: number) {
  let a = set.from;
  let b = starts[j]!;
  const endB = starts[j + 1]!;
  const size = set.size + endB - b;
  const total = set.total + rest[b]!;
  const needed = share * total - slack;
  let common = 0;
  let both = 0;
  while (a < set.to && b < endB) {
    if (common + Math.min(set.rest[a]!, rest[b]!) < needed) return { weighed: 0, plain: 0 };
    const difference = set.words[a]! - words[b]!;
    if (difference === 0) {
      common += letters[words[b]!]!;
      both++;
    }
    if (difference <= 0) a++;
    if (difference >= 0) b++;
  }
  return { weighed: common / (total - common), plain: both / (size - both) };
}
