import { describe, expect, it } from "vitest";
import { Random } from "../../core/random.ts";
import type { Symbols } from "./suffix-array.ts";
import { sortSuffixes } from "./suffix-sort.ts";

const random = new Random(5, "suffixes");
let drawn = 0;
const below = (n: number) => random.below(n, drawn++);

/** Each text behind a boundary, and one at the end. */
function follow(texts: readonly (readonly number[])[], wide = false): Symbols {
  const all = [...texts.flatMap((text) => [0, ...text]), 0];
  return wide ? Uint16Array.from(all) : Uint8Array.from(all);
}

const text = (length: number, alphabet: number) => Array.from({ length }, () => 1 + below(alphabet - 1));

/** Every suffix up to the boundary that closes its text, in the order of the result, is no lower than the one before. */
function expectSorted(symbols: Symbols, alphabet: number): void {
  const order = sortSuffixes(symbols, alphabet);
  expect([...order].sort((a, b) => a - b)).toEqual([...symbols.keys()]);
  const suffix = (start: number) => {
    const end = symbols.indexOf(0, start + 1);
    return [...symbols.subarray(start, end < 0 ? symbols.length : end + 1)];
  };
  for (let rank = 1; rank < order.length; rank++) {
    const [a, b] = [suffix(order[rank - 1]!), suffix(order[rank]!)];
    const k = a.findIndex((symbol, i) => symbol !== b[i]);
    if (k >= 0 && (b[k] === undefined || a[k]! > b[k]!)) expect.fail(`${a} comes before ${b}`);
  }
}

describe("sortSuffixes", () => {
  it.each([2, 3, 39, 64, 200, 5000])("sorts texts of %i symbols", (alphabet) => {
    for (let round = 0; round < 40; round++) {
      const texts = Array.from({ length: below(20) }, () => text(below(30), alphabet));
      expectSorted(follow([...texts, ...texts.slice(0, 3)], alphabet > 256), alphabet);
    }
  });

  it("sorts groups of all sizes, by insertion and by digits of 8 and of 11 bits", () => {
    const beginnings = Array.from({ length: 3 }, () => text(6, 20));
    const share = [30, 300, 4500];
    const texts = share.flatMap((n, k) =>
      Array.from({ length: n }, () => [...beginnings[k]!, ...text(3, 20)]),
    );
    expectSorted(follow(texts), 20);
  });

  it("sorts one long text that repeats itself", () => {
    expectSorted(follow([Array.from({ length: 3000 }, (_, i) => 1 + (i % 2)), text(50, 3)]), 3);
  });

  it("sorts nothing, and texts of nothing", () => {
    expectSorted(new Uint8Array(0), 2);
    expectSorted(follow([]), 2);
    expectSorted(follow([[], [], [1], []]), 2);
  });
});
