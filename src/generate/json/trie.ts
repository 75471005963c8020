/** Texts by their beginnings, byte by byte. */
import { remember } from "../../core/remember.ts";

export interface Trie {
  readonly next: Map<number, Trie>;
  /** The index of the text that ends here. */
  whole: number | undefined;
  /** The indexes of all texts that go through here, rising. */
  readonly indexes: number[];
}

const node = (): Trie => ({ next: new Map(), whole: undefined, indexes: [] });

export function trieOf(texts: readonly string[]): Trie {
  const encoder = new TextEncoder();
  const root = node();
  for (const [index, text] of texts.entries()) {
    let at = root;
    at.indexes.push(index);
    for (const byte of encoder.encode(text)) {
      at = remember(at.next, byte, node);
      at.indexes.push(index);
    }
    at.whole = index;
  }
  return root;
}

/** Whether rising numbers have one from `from` to `to`. */
export function hasBetween(numbers: readonly number[], from: number, to: number): boolean {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low < numbers.length && numbers[low]! <= to;
}
