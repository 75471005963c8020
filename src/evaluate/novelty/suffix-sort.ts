/**
 * The order of all suffixes of texts that follow each other, each behind a boundary (symbol 0), and one boundary at
 * the end: `|abc|ab|`. A suffix is compared up to the boundary that closes its text; which of two equal ones comes
 * first is not said.
 *
 * Suffixes are distributed by their first symbols, and each bucket is sorted by the next few, packed in one number,
 * until suffixes differ or end (as the multikey quicksort of Bentley and Sedgewick, SODA 1997, with the radix sort of
 * McIlroy, Bostic and McIlroy, "Engineering radix sort", Computing Systems 6(1), 1993). Memory is read in long runs or
 * in many independent places at a time, so that sixteen times the texts take about sixteen times as long, where
 * induced sorting waits for memory. Texts that repeat themselves over long stretches would take many rounds: these go
 * to `suffixArray`, whose time is linear for all texts.
 */
import { type Symbols, suffixArray } from "./suffix-array.ts";

/** Suffixes looked at, for each symbol of the data, before induced sorting is the better choice. */
const MOST_ROUNDS = 24;
/** Buckets that a processor writes to in turns without waiting for the memory of each. */
const MOST_BUCKETS = 4096;
/** Groups up to this size are sorted by insertion. */
const FEW = 48;
/** Groups from this size on are sorted by digits of 11 bits, smaller ones by digits of 8. */
const MANY = 4096;

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
  /** The keys of one group, and room for sorting them. */
  #keys = new Uint32Array(0);
  #otherKeys = new Uint32Array(0);
  #otherSuffixes: Int32Array = new Int32Array(0);
  readonly #counts = new Int32Array(3 << 11);
  /** Groups of equal suffixes still to be sorted: first rank, end, symbols known to be equal. */
  readonly #open: number[] = [];
  #work = 0;

  constructor(symbols: Symbols, alphabetSize: number) {
    this.#symbols = symbols;
    this.#base = alphabetSize;
    this.#depth = alphabetSize ** 2 <= MOST_BUCKETS ? 2 : 1;
    this.#buckets = this.#countBeginnings();
    let width = 1;
    while (width < 8 && alphabetSize ** (width + 1) <= 2 ** 32) width++;
    this.#width = width;
    this.#suffixes = new Int32Array(symbols.length);
  }

  /** All suffixes in order; undefined where this takes too long. */
  sort(): Int32Array | undefined {
    this.#distribute();
    const buckets = this.#buckets;
    const most = MOST_ROUNDS * this.#symbols.length;
    for (let bucket = 0; bucket + 1 < buckets.length; bucket++) {
      if (this.#depth === 2 && bucket % this.#base === 0) continue; // these end
      this.#open.push(buckets[bucket]!, buckets[bucket + 1]!, this.#depth);
      while (this.#open.length > 0) {
        const depth = this.#open.pop()!;
        const to = this.#open.pop()!;
        this.#split(this.#open.pop()!, to, depth);
        if (this.#work > most) return undefined;
      }
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

  /** Sorts one group, whose suffixes agree on `depth` symbols, by the next; keeps what is still equal for later. */
  #split(from: number, to: number, depth: number): void {
    const size = to - from;
    if (size < 2) return;
    this.#work += size;
    if (size > this.#keys.length) this.#keys = new Uint32Array(Math.max(MANY, size));
    this.#readKeys(from, to, depth);
    if (size <= FEW) this.#insert(from, size);
    else this.#byDigits(from, size, size < MANY ? 8 : 11);
    const keys = this.#keys;
    const base = this.#base;
    let first = 0;
    for (let k = 1; k <= size; k++) {
      if (k < size && keys[k] === keys[first]) continue;
      // The last digit is 0 only where a text has ended.
      if (k - first > 1 && keys[first]! % base !== 0)
        this.#open.push(from + first, from + k, depth + this.#width);
      first = k;
    }
  }

  /** For each suffix, `#width` symbols from `depth` on as one number, with zeros behind the end of its text. */
  #readKeys(from: number, to: number, depth: number): void {
    const symbols = this.#symbols;
    const suffixes = this.#suffixes;
    const keys = this.#keys;
    const base = this.#base;
    const width = this.#width;
    for (let rank = from; rank < to; rank++) {
      const start = suffixes[rank]! + depth;
      let key = 0;
      let k = 0;
      for (; k < width; k++) {
        const symbol = symbols[start + k] ?? 0; // behind the last boundary there is nothing
        if (symbol === 0) break;
        key = key * base + symbol;
      }
      for (; k < width; k++) key *= base;
      keys[rank - from] = key;
    }
  }

  #insert(from: number, size: number): void {
    const suffixes = this.#suffixes;
    const keys = this.#keys;
    for (let i = 1; i < size; i++) {
      const key = keys[i]!;
      if (key >= keys[i - 1]!) continue;
      const suffix = suffixes[from + i]!;
      let k = i;
      for (; k > 0 && keys[k - 1]! > key; k--) {
        keys[k] = keys[k - 1]!;
        suffixes[from + k] = suffixes[from + k - 1]!;
      }
      keys[k] = key;
      suffixes[from + k] = suffix;
    }
  }

  /** Sorts by the digits of the keys, the lowest first. Digits that are the same everywhere are passed over. */
  #byDigits(from: number, size: number, bits: number): void {
    if (size > this.#otherKeys.length) {
      this.#otherKeys = new Uint32Array(Math.max(MANY, size));
      this.#otherSuffixes = new Int32Array(Math.max(MANY, size));
    }
    const ownKeys = this.#keys;
    const ownSuffixes: Int32Array = this.#suffixes.subarray(from, from + size);
    let [keys, suffixes] = [ownKeys, ownSuffixes];
    let [otherKeys, otherSuffixes] = [this.#otherKeys, this.#otherSuffixes];
    const mask = (1 << bits) - 1;
    const digits = Math.ceil(32 / bits);
    const counts = this.#counts.fill(0, 0, digits << bits);
    for (let k = 0; k < size; k++) {
      const key = keys[k]!;
      for (let digit = 0; digit < digits; digit++)
        counts[(digit << bits) + ((key >>> (digit * bits)) & mask)]!++;
    }
    for (let digit = 0; digit < digits; digit++) {
      const shift = digit * bits;
      const at = digit << bits;
      if (counts[at + ((keys[0]! >>> shift) & mask)] === size) continue;
      let sum = 0;
      for (let c = at; c <= at + mask; c++) {
        const count = counts[c]!;
        counts[c] = sum;
        sum += count;
      }
      for (let k = 0; k < size; k++) {
        const key = keys[k]!;
        const place = counts[at + ((key >>> shift) & mask)]!++;
        otherKeys[place] = key;
        otherSuffixes[place] = suffixes[k]!;
      }
      [keys, otherKeys] = [otherKeys, keys];
      [suffixes, otherSuffixes] = [otherSuffixes, suffixes];
    }
    if (keys === ownKeys) return;
    ownKeys.set(keys.subarray(0, size));
    ownSuffixes.set(suffixes.subarray(0, size));
  }
}
