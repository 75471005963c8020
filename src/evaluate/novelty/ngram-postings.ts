/**
 * The inverted index of the training texts by their character n-grams: for each n-gram a list of the texts that have it, and
 * for each that a text has more than once a list of those that have it twice, three times and so on. So a text shares as many
 * n-grams with a sample as it is on lists of the sample's.
 *
 * Texts are numbered by their length. A list has a run for each block of texts that are on it: the block's number, how many
 * texts, and their places in the block, 16 bits each. It is made in two passes over the data, one that counts and one that
 * writes.
 */
import { NgramNumbers } from "./ngram-numbers.ts";
import type { TrainingIndex } from "./training-index.ts";

/** Length of the n-grams: 5, or 3 for large alphabets (Chinese, Japanese), where 3 are as specific. */
export function ngramLength(index: TrainingIndex): number {
  return index.alphabetSize <= 1024 ? 5 : 3;
}

/** Texts of a block: their counters are to fit into the processor's nearest memory. */
const BLOCK = 1 << 15;

/** Needs 2 bytes for each symbol of the index, 8 for each text, and some 40 for each n-gram that differs from all others. */
export class NgramPostings {
  readonly numbers: NgramNumbers;
  /** Texts of a block, 65,535 at most. */
  readonly block: number;
  /** The training texts by length; equally long ones as they are in the index. */
  readonly order: Int32Array;
  /** Of each place in this order, how many n-grams the text has. */
  readonly sizes: Int32Array;
  /** Of each list by its number, which is the n-gram's, where it begins in `runs`; and the end of the last. */
  readonly starts: Int32Array;
  readonly runs: Uint16Array;
  readonly #lists: Lists;

  /** @param block texts of a block */
  constructor(index: TrainingIndex, block = BLOCK) {
    const { symbols } = index.parts;
    const n = ngramLength(index);
    const numbers = new NgramNumbers(n, index.alphabetSize, symbols, Math.min(symbols.length, 1 << 16));
    this.numbers = numbers;
    this.block = block;
    this.order = byLength(index.parts.starts);
    this.sizes = this.order.map((text) => {
      const { from, to } = index.bounds(text);
      return Math.max(0, to - from - n + 1);
    });
    this.#lists = new Lists(numbers);
    this.starts = this.#count(index);
    this.runs = this.#write(index);
  }

  /** The list of the texts that have what is on this list once more; 0 where there is none. */
  again(list: number): number {
    return this.#lists.again[list]!;
  }

  /** Where each list begins. */
  #count(index: TrainingIndex): Int32Array {
    const { numbers, order, block } = this;
    const { symbols } = index.parts;
    let sizes = new Int32Array(1 << 10);
    /** The block of the last run, counted from 1. */
    let last = new Int32Array(1 << 10);
    for (let place = 0; place < order.length; place++) {
      const { from, to } = index.bounds(order[place]!);
      const run = Math.floor(place / block) + 1;
      for (let i = from, code = 0; i < to; i++) {
        code = numbers.next(code, symbols[i]!);
        const first = i - numbers.n + 1;
        if (first < from) continue;
        const list = this.#lists.find(numbers.add(code, first), place);
        if (list >= sizes.length) [sizes, last] = [enlarged(sizes, list), enlarged(last, list)];
        sizes[list]! += last[list] === run ? 1 : 3;
        last[list] = run;
      }
    }
    const starts = new Int32Array(numbers.size + 1);
    for (let k = 0; k < numbers.size; k++) starts[k + 1] = starts[k]! + sizes[k]!;
    return starts;
  }

  #write(index: TrainingIndex): Uint16Array {
    const { numbers, order, block, starts } = this;
    const { symbols } = index.parts;
    this.#lists.begin();
    const runs = new Uint16Array(starts[numbers.size]!);
    const next = starts.slice();
    /** Where the length of the last run is, counted from 1. */
    const lengths = new Int32Array(numbers.size);
    for (let place = 0; place < order.length; place++) {
      const { from, to } = index.bounds(order[place]!);
      const run = Math.floor(place / block);
      for (let i = from, code = 0; i < to; i++) {
        code = numbers.next(code, symbols[i]!);
        const first = i - numbers.n + 1;
        if (first < from) continue;
        const list = this.#lists.find(numbers.find(code, symbols, first), place);
        if (lengths[list] === 0 || runs[lengths[list]! - 2] !== run) {
          runs[next[list]!] = run;
          lengths[list] = next[list]! + 2;
          next[list]! += 2;
        }
        runs[lengths[list]! - 1]!++;
        runs[next[list]!++] = place - run * block;
      }
    }
    return runs;
  }
}

/** Which list a text goes on: the n-gram's own for the first of its kind in the text, then one of those behind it. */
class Lists {
  readonly #numbers: NgramNumbers;
  /** Of each list, the one for texts that have the n-gram once more; 0 for none. */
  again: Int32Array = new Int32Array(1 << 10);
  /** Of each n-gram, the last text that has it, counted from 1, and its last list. */
  #text = new Int32Array(1 << 10);
  #last = new Int32Array(1 << 10);

  constructor(numbers: NgramNumbers) {
    this.#numbers = numbers;
  }

  /** Begins with the first text again. */
  begin(): void {
    this.#text.fill(0);
  }

  /** @param place of the text, whose n-grams come one after the other */
  find(ngram: number, place: number): number {
    if (ngram >= this.#text.length) this.#enlarge(ngram);
    if (this.#text[ngram] !== place + 1) {
      this.#text[ngram] = place + 1;
      this.#last[ngram] = ngram;
      return ngram;
    }
    const before = this.#last[ngram]!;
    let list = this.again[before]!;
    if (list === 0) {
      list = this.#numbers.reserve();
      if (list >= this.#text.length) this.#enlarge(list);
      this.again[before] = list;
    }
    this.#last[ngram] = list;
    return list;
  }

  #enlarge(place: number): void {
    this.again = enlarged(this.again, place);
    this.#text = enlarged(this.#text, place);
    this.#last = enlarged(this.#last, place);
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

/** The same numbers, with room for one at `place` and as many behind it. */
function enlarged(values: Int32Array, place: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * (place + 1));
  larger.set(values);
  return larger;
}
