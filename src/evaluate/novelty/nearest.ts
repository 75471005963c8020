/**
 * The nearest training texts: by shared character n-grams and by edit distance together.
 *
 * similarity = (n-gram similarity + edit similarity) / 2, both of normalised texts and both from 0 (nothing
 * in common) to 1 (equal). The n-grams see moved pieces, the edit distance sees replaced ones.
 *
 * What is exact: every training text of similarity `EXACT_FROM` or more is compared (its n-gram similarity
 * cannot be small, so all are found), and so are the `WEIGHED` best by n-grams whatever their similarity. Only
 * below `EXACT_FROM` can a text with few shared n-grams be missed.
 */
import { editSimilarity } from "./edit-distance.ts";
import { ngramLength } from "./ngram-postings.ts";
import { NgramSearch } from "./ngrams.ts";
import type { LookupText, TrainingIndex } from "./training-index.ts";

export const EXACT_FROM = 0.6;
export const WEIGHED = 16;

export interface Neighbour {
  /** Index of the training text. */
  readonly source: number;
  readonly text: string;
  /** Mean of the next two, 0 to 1. */
  readonly similarity: number;
  /** Dice's coefficient of the character 5-grams (3-grams for large alphabets), with repetition. */
  readonly ngrams: number;
  /** 1 - Levenshtein distance / longer length; `ngrams` again for pairs too long to align. */
  readonly edit: number;
}

/** Finds nearest texts in one index. Create it once and use it for all samples. */
export class NearestTexts {
  readonly index: TrainingIndex;
  readonly #search: NgramSearch;

  constructor(index: TrainingIndex) {
    this.index = index;
    this.#search = new NgramSearch(index);
  }

  /** The `count` nearest training texts, nearest first; fewer where fewer share any n-gram. */
  find({ symbols: sample }: LookupText, count = 5): Neighbour[] {
    const weighed = Math.max(WEIGHED, count);
    const candidates = this.#search.nearest(sample, weighed, this.#leastNgrams(sample.length));
    const best: Neighbour[] = [];
    candidates.forEach(({ text: source, ngrams, shared }, i) => {
      const { from, to } = this.index.bounds(source);
      const highest = (ngrams + this.#mostEditSimilarity(sample.length, to - from, shared)) / 2;
      const needed = Math.max(i < weighed ? 0 : EXACT_FROM, best[count - 1]?.similarity ?? 0);
      if (highest < needed) return;
      const edit = editSimilarity(sample, this.index.parts.symbols.subarray(from, to)) ?? ngrams;
      const similarity = (ngrams + edit) / 2;
      if (i >= weighed && similarity < EXACT_FROM) return;
      best.push({ source, text: this.index.texts[source]!, similarity, ngrams, edit });
      best.sort(nearestFirst);
      best.length = Math.min(best.length, count);
    });
    return best;
  }

  /**
   * The least n-gram similarity g that a text of similarity `EXACT_FROM` may have. By the bound below, its
   * edit similarity is at most 1 - (1 - g) * r / n, where r is the share of n-grams in the longer length.
   */
  #leastNgrams(length: number): number {
    const n = ngramLength(this.index);
    const r = Math.max(0, length - n + 1) / Math.max(1, length);
    return (2 * EXACT_FROM - 1 + r / n) / (1 + r / n) - 1e-9;
  }

  /**
   * A bound: one edit destroys at most n of the longer text's n-grams, so at least (all - shared) / n edits
   * lie between the texts (Ukkonen 1992); and at least the difference of their lengths.
   */
  #mostEditSimilarity(a: number, b: number, shared: number): number {
    const longer = Math.max(a, b);
    const n = ngramLength(this.index);
    const edits = Math.max(Math.abs(a - b), (longer - n + 1 - shared) / n);
    return 1 - edits / longer;
  }
}

function nearestFirst(a: Neighbour, b: Neighbour): number {
  return b.similarity - a.similarity || b.ngrams - a.ngrams || a.source - b.source;
}
