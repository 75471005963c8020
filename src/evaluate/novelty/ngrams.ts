/**
 * The training texts most like a text by shared character n-grams, exactly.
 *
 * The similarity of texts a and b is Dice's coefficient over n-grams with repetition: twice the n-grams
 * they share, over all n-grams of both. The suffix array gives the inverted index: the suffixes that begin
 * with an n-gram are a range of it, and {@link postings} has the texts of each such range in order. One pass
 * over the ranges of the text's n-grams counts what it shares with every training text.
 */
import type { SuffixRange, TrainingIndex } from "./training-index.ts";

export interface NgramNeighbour {
  /** Index of the training text. */
  readonly text: number;
  /** N-grams that both have, with repetition. */
  readonly shared: number;
  /** Dice's coefficient, 0 to 1. */
  readonly ngrams: number;
}

/** Length of the n-grams: 5, or 3 for large alphabets (Chinese, Japanese), where 3 are as specific. */
export function ngramLength(index: TrainingIndex): number {
  return index.alphabetSize <= 1024 ? 5 : 3;
}

/** Finds neighbours in one index; needs 4 bytes for each of its symbols and each of its texts. */
export class NgramSearch {
  readonly #index: TrainingIndex;
  readonly #n: number;
  readonly #postings: Int32Array;
  /** For each training text, how many n-grams the sample shares with it. All zero between searches. */
  readonly #counts: Int32Array;

  constructor(index: TrainingIndex) {
    this.#index = index;
    this.#n = ngramLength(index);
    this.#postings = postings(index, this.#n);
    this.#counts = new Int32Array(index.texts.length);
  }

  /**
   * All texts with similarity of at least `always`, and the `count` most similar ones whatever their
   * similarity (as long as it is above 0); the most similar first, of equals the earlier text.
   *
   * @param sample symbols of the text, from `index.read`
   */
  nearest(sample: Uint16Array, count: number, always: number): NgramNeighbour[] {
    const total = Math.max(0, sample.length - this.#n + 1);
    this.#countShared(sample);
    const found = this.#atLeast(total, Math.min(always, this.#scoreOfPlace(total, count)));
    this.#counts.fill(0);
    found.sort((a, b) => b.ngrams - a.ngrams || a.text - b.text);
    return found.filter((b, i) => i < count || b.ngrams >= always);
  }

  #countShared(sample: Uint16Array): void {
    const ranges = new Map<number, { readonly range: SuffixRange; times: number }>();
    for (let i = 0; i + this.#n <= sample.length; i++) {
      const range = this.#index.find(sample, i, i + this.#n);
      if (range.from === range.to) continue;
      const known = ranges.get(range.from);
      if (known) known.times++;
      else ranges.set(range.from, { range, times: 1 });
    }
    for (const { range, times } of ranges.values()) this.#countNgram(range, times);
  }

  /** Counts an n-gram that the sample has `times` times: for each text, as often as both have it. */
  #countNgram(range: SuffixRange, times: number): void {
    const postings = this.#postings;
    const counts = this.#counts;
    let text = -1;
    let left = 0;
    for (let rank = range.from; rank < range.to; rank++) {
      if (postings[rank]! !== text) {
        text = postings[rank]!;
        left = times;
      }
      if (left-- > 0) counts[text]!++;
    }
  }

  /** The similarity of the text that takes the `count`th place; 0 where fewer share anything. */
  #scoreOfPlace(total: number, count: number): number {
    const counts = this.#counts;
    const scores = new Float64Array(count); // the highest so far, falling
    let needed = 1;
    for (let text = 0; text < counts.length; text++) {
      if (counts[text]! < needed) continue;
      const score = dice(counts[text]!, total + this.#ngramsOf(text));
      if (score <= scores[count - 1]!) continue;
      let place = count - 1;
      while (place > 0 && scores[place - 1]! < score) {
        scores[place] = scores[place - 1]!;
        place--;
      }
      scores[place] = score;
      needed = fewestShared(total, scores[count - 1]!);
    }
    return scores[count - 1]!;
  }

  /** The texts of at least this similarity, of those that share anything. */
  #atLeast(total: number, similarity: number): NgramNeighbour[] {
    const counts = this.#counts;
    const needed = fewestShared(total, similarity);
    const found: NgramNeighbour[] = [];
    for (let text = 0; text < counts.length; text++) {
      const shared = counts[text]!;
      if (shared < needed) continue;
      const ngrams = dice(shared, total + this.#ngramsOf(text));
      if (ngrams >= similarity) found.push({ text, shared, ngrams });
    }
    return found;
  }

  #ngramsOf(text: number): number {
    const starts = this.#index.parts.starts;
    return Math.max(0, starts[text + 1]! - starts[text]! - this.#n);
  }
}

/** The text of each suffix, by rank, ascending among suffixes that begin with the same `n` symbols. */
function postings(index: TrainingIndex, n: number): Int32Array {
  const { symbols, suffixes } = index.parts;
  const texts = new Int32Array(suffixes.length);
  let start = 0;
  for (let rank = 0; rank < suffixes.length; rank++) {
    texts[rank] = index.textAt(rank);
    if (rank === 0 || sameSymbols(symbols, suffixes[rank - 1]!, suffixes[rank]!, n)) continue;
    if (rank - start > 1) texts.subarray(start, rank).sort();
    start = rank;
  }
  texts.subarray(start).sort();
  return texts;
}

function sameSymbols(symbols: Uint8Array | Uint16Array, a: number, b: number, n: number): boolean {
  for (let k = 0; k < n; k++) if (symbols[a + k] !== symbols[b + k]) return false;
  return true;
}

/**
 * The fewest n-grams (at least 1) that a text must share to reach `similarity`, whatever its own number of
 * n-grams, which is at least what it shares. Rounded down, against rounding errors.
 */
function fewestShared(total: number, similarity: number): number {
  return Math.max(1, Math.floor((similarity * total) / (2 - similarity)));
}

function dice(shared: number, all: number): number {
  return all === 0 ? 0 : (2 * shared) / all;
}
