/**
 * The order of all suffixes of texts that follow each other, each behind a boundary (symbol 0), and one boundary at
 * the end: `|abc|ab|`. A suffix is compared up to the boundary that closes its text; which of two equal ones comes
 * first is not said.
 *
 * Suffixes are distributed by their first symbols, and each bucket is sorted by the next few, packed in one number,
 * until suffixes differ or end (as the multikey quicksort of Bentley and Sedgewick, SODA 1997). All groups of a bucket that
 * are still equal are read at once, before the first of them is sorted: memory is read in long runs or in many independent
 * places at a time, so that sixteen times the texts take about sixteen times as long, where induced sorting waits for memory.
 * Texts that repeat themselves over long stretches would take many rounds: these go to `suffixArray`, whose time is linear
 * for all texts.
 */
import { PairSorter } from "./pair-sort.ts";
import { type Symbols, suffixArray } from "./suffix-array.ts";

/** Suffixes looked at, for each symbol of the data, before induced sorting is the better choice. */
const MOST_ROUNDS = 24;
/** Buckets that a processor writes to in turns without waiting for the memory of each. */
const MOST_BUCKETS = 4096;

/**
 * Start positions of all suffixes, sorted.
 *
 * @param symbols the texts: 0 before each and at the end, 1 to `alphabetSize - 1` inside
 */
export function sortSuffixes(symbols: Symbols, alphabetSize: number): Int32Array {
  return new SuffixSorter(symbols, alphabetSize).sort() ?? suffixArray(symbols, alphabetSize);
}

class SuffixSorter {
  readonly #symbols: Symbols;
  readonly #base: number;
  /** Symbols by which the buckets are made, and where each bucket begins. */
  readonly #depth: number;
  readonly #buckets: Int32Array;
  /** Symbols that one 32-bit key holds. */
  readonly #width: number;
  readonly #suffixes: Int32Array;
  /** The keys of the suffixes of one bucket. */
  #keys = new Uint32Array(0);
  readonly #sorter = new PairSorter();
  /** Suffixes that may still be looked at. */
  #left: number;

  constructor(symbols: Symbols, alphabetSize: number) {
    this.#symbols = symbols;
    this.#base = alphabetSize;
    this.#depth = alphabetSize ** 2 <= MOST_BUCKETS ? 2 : 1;
    this.#buckets = this.#countBeginnings();
    let width = 1;
    while (width < 6 && alphabetSize ** (width + 1) <= 2 ** 32) width++;
    this.#width = width;
    this.#suffixes = new Int32Array(symbols.length);
    this.#left = MOST_ROUNDS * symbols.length;
  }

  /** All suffixes in order; undefined where this takes too long. */
  sort(): Int32Array | undefined {
    this.#distribute();
    const buckets = this.#buckets;
    for (let bucket = 0; bucket + 1 < buckets.length; bucket++) {
      if (this.#depth === 2 && bucket % this.#base === 0) continue; // these end
      this.#sortBucket(buckets[bucket]!, buckets[bucket + 1]!);
      if (this.#left < 0) return undefined;
    }
    return this.#suffixes;
  }

  /** Where the suffixes with each first symbol, or first two, begin, in the order of these. */
  #countBeginnings(): Int32Array {
    const symbols = this.#symbols;
    const base = this.#base;
    const buckets = new Int32Array(base ** this.#depth + 1);
    if (this.#depth === 1) for (let i = 0; i < symbols.length; i++) buckets[symbols[i]! + 1]!++;
    else {
      for (let i = 1; i < symbols.length; i++) buckets[symbols[i - 1]! * base + symbols[i]! + 1]!++;
      if (symbols.length > 0) buckets[symbols[symbols.length - 1]! * base + 1]!++;
    }
    for (let code = 1; code < buckets.length; code++) buckets[code]! += buckets[code - 1]!;
    return buckets;
  }

  /** Puts each suffix in its bucket, by position. */
  #distribute(): void {
    const symbols = this.#symbols;
    const suffixes = this.#suffixes;
    const base = this.#base;
    const next = this.#buckets.slice();
    const last = symbols.length - 1;
    if (last < 0) return;
    suffixes[next[0]!++] = last; // the last boundary is followed by nothing, which comes before all symbols
    if (this.#depth === 1) for (let i = 0; i < last; i++) suffixes[next[symbols[i]!]!++] = i;
    else for (let i = 0; i < last; i++) suffixes[next[symbols[i]! * base + symbols[i + 1]!]!++] = i;
  }

  /** Sorts the suffixes of these ranks by the next few symbols, and those that are still equal by the next, until none are. */
  #sortBucket(first: number, last: number): void {
    if (last - first > this.#keys.length) this.#keys = new Uint32Array(last - first);
    // Groups of equal suffixes: the first rank and the end of each.
    let groups = [first, last];
    for (let depth = this.#depth; groups.length > 0 && this.#left >= 0; depth += this.#width) {
      for (let k = 0; k < groups.length; k += 2) this.#readKeys(groups[k]!, groups[k + 1]!, depth, first);
      const equal: number[] = [];
      for (let k = 0; k < groups.length; k += 2) this.#split(groups[k]!, groups[k + 1]!, first, equal);
      groups = equal;
    }
  }

  /** Sorts one group by its keys, and adds the groups of more than one that are still equal to `equal`. */
  #split(from: number, to: number, first: number, equal: number[]): void {
    const keys = this.#keys;
    const base = this.#base;
    this.#left -= to - from;
    this.#sorter.sort(keys, from - first, this.#suffixes, from, to - from);
    for (let begin = from, rank = from + 1; rank <= to; rank++) {
      const key = keys[begin - first]!;
      if (rank < to && keys[rank - first] === key) continue;
      // The last digit is 0 only where a text has ended.
      if (rank - begin > 1 && key % base !== 0) equal.push(begin, rank);
      begin = rank;
    }
  }

  /** For each suffix, `#width` symbols from `depth` on as one number, with zeros behind the end of its text. */
  #readKeys(from: number, to: number, depth: number, first: number): void {
    const suffixes = this.#suffixes;
    const keys = this.#keys;
    const last = this.#width < 4 ? -1 : this.#symbols.length - 6;
    for (let rank = from; rank < to; rank++) {
      const start = suffixes[rank]! + depth;
      keys[rank - first] = start > last ? this.#keyAt(start) : this.#keyAtOnce(start);
    }
  }

  /** The key of four to six symbols. No step depends on where a text ends, which a processor could not foresee. */
  #keyAtOnce(start: number): number {
    const symbols = this.#symbols;
    const [base, width] = [this.#base, this.#width];
    const a = symbols[start]!;
    let b = symbols[start + 1]!;
    let c = symbols[start + 2]!;
    let d = symbols[start + 3]!;
    let e = symbols[start + 4]!;
    let f = symbols[start + 5]!;
    if (a === 0) b = 0;
    if (b === 0) c = 0;
    if (c === 0) d = 0;
    if (d === 0) e = 0;
    if (e === 0) f = 0;
    let key = Math.imul(Math.imul(Math.imul(a, base) + b, base) + c, base) + d;
    if (width > 4) key = Math.imul(key, base) + e;
    if (width > 5) key = Math.imul(key, base) + f;
    return key;
  }

  /** The key of any number of symbols. */
  #keyAt(start: number): number {
    const symbols = this.#symbols;
    const base = this.#base;
    const width = this.#width;
    let key = 0;
    let k = 0;
    for (; k < width; k++) {
      const symbol = symbols[start + k] ?? 0; // behind the last boundary there is nothing
      if (symbol === 0) break;
      key = key * base + symbol;
    }
    for (; k < width; k++) key *= base;
    return key;
  }
}
