/**
 * The inverted index of the training texts by their character n-grams: for each n-gram the texts that have it, in order, a
 * text as often as it has it. N-grams are distributed by their first symbols, and each bucket is sorted by the rest of them,
 * so that memory is read and written in long runs, however large the data are.
 */
import { Growing } from "../../core/growing.ts";
import { PairSorter } from "./pair-sort.ts";
import type { Symbols } from "./suffix-array.ts";
import { BOUNDARY, type TrainingIndex } from "./training-index.ts";

/** Length of the n-grams: 5, or 3 for large alphabets (Chinese, Japanese), where 3 are as specific. */
export function ngramLength(index: TrainingIndex): number {
  return index.alphabetSize <= 1024 ? 5 : 3;
}

/** A part of the data that is sorted at once has this share of it at most, or one bucket; fewer bytes are needed for more. */
const PARTS = 2;

/**
 * Needs 4 bytes for each symbol of the index, 8 for each text and for each different n-gram, and a table of beginnings (16 kB
 * for 64 symbols, 4 MB for 1,024); while it is made, 2 more for each symbol, and room to sort the largest bucket.
 */
export class NgramPostings {
  readonly n: number;
  /** The training texts by length; equally long ones as they are in the index. */
  readonly order: Int32Array;
  /** Of each place in this order, how many n-grams the text has. */
  readonly sizes: Int32Array;
  /** Of each n-gram by its number, where its texts begin in `texts`; and the end of the last. */
  readonly starts: Int32Array;
  /** Texts as places in `order`. */
  readonly texts: Int32Array;
  readonly #index: TrainingIndex;
  /** Symbols of an n-gram that make its beginning, and those that make its rest; bits of a symbol in both. */
  readonly #beginning: number;
  readonly #rest: number;
  readonly #bits: number;
  /** Of each beginning, the number of the first n-gram that has it; and how many n-grams there are. */
  readonly #first: Int32Array;
  /** Of each n-gram by its number, its rest. */
  readonly #rests: Uint32Array;

  constructor(index: TrainingIndex) {
    this.#index = index;
    this.n = ngramLength(index);
    this.#bits = Math.ceil(Math.log2(index.alphabetSize));
    this.#beginning = this.n === 5 ? 2 : 1;
    this.#rest = this.n - this.#beginning;
    this.order = byLength(index.parts.starts);
    this.sizes = this.order.map((text) => {
      const { from, to } = index.bounds(text);
      return Math.max(0, to - from - this.n + 1);
    });

    const buckets = this.#countBeginnings();
    const last = buckets.length - 1;
    const total = buckets[last]!;
    this.texts = new Int32Array(total);
    this.#first = new Int32Array(buckets.length);
    const starts = new Growing(new Int32Array(1 << 10));
    const rests = new Growing(new Uint32Array(1 << 10));
    const sorter = new PairSorter();
    let keys = new Uint32Array(0);
    for (let from = 0, to = 0; from < last; from = to) {
      const begin = buckets[from]!;
      for (to = from + 1; to < last && PARTS * (buckets[to + 1]! - begin) <= total; ) to++;
      if (buckets[to]! - begin > keys.length) keys = new Uint32Array(buckets[to]! - begin);
      this.#distribute(buckets, from, to, keys);
      for (let bucket = from; bucket < to; bucket++) {
        this.#first[bucket] = starts.length;
        const [at, end] = [buckets[bucket]!, buckets[bucket + 1]!];
        sorter.sort(keys, at - begin, this.texts, at, end - at);
        for (let k = at; k < end; k++) {
          if (k > at && keys[k - begin] === keys[k - begin - 1]) continue;
          starts.push(k);
          rests.push(keys[k - begin]!);
        }
      }
    }
    this.#first[last] = starts.length;
    starts.push(total);
    this.starts = starts.whole();
    this.#rests = rests.whole();
  }

  /** The number of the n-gram at `place` of these symbols, all of them of the index's alphabet; -1 where no text has it. */
  find(symbols: Symbols, place: number): number {
    const bits = this.#bits;
    let [beginning, rest] = [0, 0];
    for (let k = 0; k < this.#beginning; k++) beginning = (beginning << bits) | symbols[place + k]!;
    for (let k = this.#beginning; k < this.n; k++) rest = (rest << bits) | symbols[place + k]!;
    rest >>>= 0;
    const rests = this.#rests;
    let low = this.#first[beginning]!;
    let high = this.#first[beginning + 1]!;
    const end = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (rests[middle]! < rest) low = middle + 1;
      else high = middle;
    }
    return low < end && rests[low] === rest ? low : -1;
  }

  /** Where the n-grams of each beginning are in `texts`, in the order of the beginnings. */
  #countBeginnings(): Int32Array {
    const { symbols } = this.#index.parts;
    const buckets = new Int32Array((1 << (this.#bits * this.#beginning)) + 1);
    const [rest, bits, n] = [this.#rest, this.#bits, this.n];
    const mask = buckets.length - 2;
    for (let i = 0, known = 0, beginning = 0; i < symbols.length; i++) {
      beginning = ((beginning << bits) | (symbols[i - rest] ?? 0)) & mask;
      known = symbols[i] === BOUNDARY ? 0 : known + 1;
      if (known >= n) buckets[beginning + 1]!++;
    }
    for (let k = 1; k < buckets.length; k++) buckets[k]! += buckets[k - 1]!;
    return buckets;
  }

  /** Writes texts to the buckets from `from` to `to - 1`, in order, and the rests of their n-grams to `keys`. */
  #distribute(buckets: Int32Array, from: number, to: number, keys: Uint32Array): void {
    const { symbols, starts } = this.#index.parts;
    const { texts, order } = this;
    const [rest, bits, n] = [this.#rest, this.#bits, this.n];
    const mask = buckets.length - 2;
    const restMask = rest * bits === 32 ? -1 : (1 << (rest * bits)) - 1;
    const next = buckets.slice(0, to);
    const begin = buckets[from]!;
    for (let place = 0; place < order.length; place++) {
      const text = order[place]!;
      const first = starts[text]! + 1;
      const end = starts[text + 1]!;
      let [beginning, key] = [0, 0];
      for (let i = first; i < end; i++) {
        // What comes before the text is gone again when its first n-gram is whole.
        beginning = ((beginning << bits) | (symbols[i - rest] ?? 0)) & mask;
        key = ((key << bits) | symbols[i]!) & restMask;
        if (beginning < from || beginning >= to || i - first < n - 1) continue;
        const at = next[beginning]!++;
        texts[at] = place;
        keys[at - begin] = key;
      }
    }
  }
}

/** Numbers of texts, the shortest first, from where they start. */
function byLength(starts: Int32Array): Int32Array {
  let longest = 0;
  for (let text = 1; text < starts.length; text++)
    longest = Math.max(longest, starts[text]! - starts[text - 1]!);
  const next = new Int32Array(longest + 2);
  for (let text = 1; text < starts.length; text++) next[starts[text]! - starts[text - 1]! + 1]!++;
  for (let length = 1; length < next.length; length++) next[length]! += next[length - 1]!;
  const order = new Int32Array(starts.length - 1);
  for (let text = 0; text < order.length; text++) order[next[starts[text + 1]! - starts[text]!]!++] = text;
  return order;
}
