/**
 * The inverted index of the training texts by their character n-grams: for each n-gram the texts that have it, in order, a
 * text as often as it has it. It is made in two passes over the data, one that counts and one that writes.
 */
import { NgramNumbers } from "./ngram-numbers.ts";
import { BOUNDARY, type TrainingIndex } from "./training-index.ts";

/** Length of the n-grams: 5, or 3 for large alphabets (Chinese, Japanese), where 3 are as specific. */
export function ngramLength(index: TrainingIndex): number {
  return index.alphabetSize <= 1024 ? 5 : 3;
}

/** Needs 4 bytes for each symbol of the index, 8 for each text, and some 28 for each n-gram that differs from all others. */
export class NgramPostings {
  readonly numbers: NgramNumbers;
  /** The training texts by length; equally long ones as they are in the index. */
  readonly order: Int32Array;
  /** Of each place in this order, how many n-grams the text has. */
  readonly sizes: Int32Array;
  /** Of each n-gram by its number, where its texts begin in `texts`; and the end of the last. */
  readonly starts: Int32Array;
  /** Texts as places in `order`. */
  readonly texts: Int32Array;

  constructor(index: TrainingIndex) {
    const { symbols } = index.parts;
    const n = ngramLength(index);
    this.order = byLength(index.parts.starts);
    this.sizes = this.order.map((text) => {
      const { from, to } = index.bounds(text);
      return Math.max(0, to - from - n + 1);
    });
    const numbers = new NgramNumbers(n, index.alphabetSize, symbols, Math.min(symbols.length, 1 << 16));
    let counts = new Int32Array(1 << 10);
    for (let i = 0, known = 0, code = 0; i < symbols.length; i++) {
      code = numbers.next(code, symbols[i]!);
      known = symbols[i] === BOUNDARY ? 0 : known + 1;
      if (known < n) continue;
      const number = numbers.add(code, i - n + 1);
      if (number === counts.length) counts = enlarged(counts);
      counts[number]!++;
    }
    this.starts = new Int32Array(numbers.size + 1);
    for (let k = 0; k < numbers.size; k++) this.starts[k + 1] = this.starts[k]! + counts[k]!;

    const next = this.starts.slice();
    this.texts = new Int32Array(this.starts[numbers.size]!);
    for (let place = 0; place < this.order.length; place++) {
      const { from, to } = index.bounds(this.order[place]!);
      for (let i = from, code = 0; i < to; i++) {
        code = numbers.next(code, symbols[i]!);
        if (i - from < n - 1) continue;
        this.texts[next[numbers.find(code, symbols, i - n + 1)]!++] = place;
      }
    }
    this.numbers = numbers;
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

function enlarged(counts: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * counts.length);
  larger.set(counts);
  return larger;
}
