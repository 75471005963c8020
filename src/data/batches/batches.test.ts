import { describe, expect, it } from "vitest";
import type { TokenStream } from "../tokens.ts";
import { type BatchSource, itemBatches, shuffledWindows, streamWindows, type TokenBatch } from "./index.ts";

const counting = (n: number) => Uint16Array.from({ length: n }, (_, i) => i);
const rowsOf = ({ x, batch, length }: TokenBatch) =>
  Array.from({ length: batch }, (_, row) => [...x.subarray(row * length, (row + 1) * length)]);
const take = (source: BatchSource, n: number) => Array.from({ length: n }, () => source.next());

/** Items of the given lengths, whose tokens count up from 1 and whose end is 0. */
function itemsOf(lengths: readonly number[]): TokenStream {
  const tokens: number[] = [];
  const offsets = [0];
  let next = 1;
  for (const length of lengths) {
    for (let i = 0; i < length; i++) tokens.push(next++);
    tokens.push(0);
    offsets.push(tokens.length);
  }
  return { tokens: Uint8Array.from(tokens), offsets: Int32Array.from(offsets), endOfText: 0 };
}

const sources: readonly (readonly [string, (seed: number) => BatchSource])[] = [
  ["streamWindows", (seed) => streamWindows(counting(200), { batch: 3, length: 5, seed })],
  ["shuffledWindows", (seed) => shuffledWindows(counting(200), { batch: 3, length: 5, stride: 2, seed })],
  [
    "random windows",
    (seed) => shuffledWindows(counting(200), { batch: 3, length: 5, order: "random", seed }),
  ],
  ["itemBatches", (seed) => itemBatches(itemsOf([3, 1, 9, 4, 7, 2, 5]), { batch: 3, length: 5, seed })],
];

describe.each(sources)("%s", (_, create) => {
  it("repeats itself under one seed and differs under another", () => {
    expect(take(create(7), 60)).toEqual(take(create(7), 60));
    expect(take(create(7), 60)).not.toEqual(take(create(8), 60));
  });

  it.each([0, 1, 12, 13, 40])("goes on exactly from a state taken after %i batches", (n) => {
    const whole = take(create(7), n + 30).slice(n);
    const first = create(7);
    take(first, n);
    const second = create(7);
    second.restore(JSON.parse(JSON.stringify(first.state())));
    expect(take(second, 30)).toEqual(whole);
  });

  it("refuses a state of another run, and what is no state", () => {
    const source = create(7);
    expect(() => source.restore(create(8).state())).toThrow(/belongs to seed 8 and this run has 7/);
    expect(() => source.restore({ ...source.state(), length: 6 })).toThrow(/length 6/);
    expect(() => source.restore({ ...source.state(), position: 1.5 })).toThrow(/no batch number/);
    expect(() => source.restore(null)).toThrow(/kind undefined/);
  });
});

describe("streamWindows", () => {
  it("reads each lane on from batch to batch, labels shifted by one", () => {
    const source = streamWindows(counting(25), { batch: 3, length: 4, seed: 1 });
    const [a, b, c] = take(source, 3) as [TokenBatch, TokenBatch, TokenBatch];
    expect(rowsOf(a)).toEqual([
      [0, 1, 2, 3],
      [8, 9, 10, 11],
      [16, 17, 18, 19],
    ]);
    expect(rowsOf(b)[2]).toEqual([20, 21, 22, 23]);
    expect([...b.y]).toEqual([...b.x].map((id) => id + 1));
    expect([a.fresh, b.fresh, c.fresh]).toEqual([true, false, true]);
    expect(a.targets).toBe(12);
    expect(source.targetsPerEpoch).toBe(24);
  });

  it("leaves no token out always, and none twice in an epoch", () => {
    const source = streamWindows(counting(30), { batch: 2, length: 5, seed: 3 });
    const seen = new Set<number>();
    for (let epoch = 0; epoch < 60; epoch++) {
      const ids = take(source, 2).flatMap(({ y }) => [...y]);
      expect(new Set(ids).size).toBe(20);
      for (const id of ids) seen.add(id);
    }
    expect(seen.size).toBe(29);
  });

  it("says what would fit where the text is too short", () => {
    expect(() => streamWindows(counting(50), { batch: 4, length: 64, seed: 0 })).toThrow(
      /has 50 tokens, and a batch of 4 windows of 64 needs 257.*sequence length of at most 12, or give more/,
    );
    expect(() => streamWindows(counting(50), { batch: 8, length: 10, seed: 0 })).toThrow(
      /batch size of at most 4/,
    );
    expect(() => streamWindows(counting(0), { batch: 1, length: 1, seed: 0 })).toThrow(/give more text/);
    expect(() => streamWindows(counting(50), { batch: 0, length: 10, seed: 0 })).toThrow(
      /batch of batches must/,
    );
  });
});

describe("shuffledWindows", () => {
  it("gives every window once an epoch, in another order each time", () => {
    // 21 targets and windows of 5 every 4: starts 0, 4, 8, 12, 16 and nothing left over.
    const source = shuffledWindows(counting(22), { batch: 1, length: 5, stride: 4, seed: 5 });
    const epochs = Array.from({ length: 4 }, () => take(source, 5).map(({ x }) => x[0]!));
    for (const starts of epochs) expect([...starts].sort((a, b) => a - b)).toEqual([0, 4, 8, 12, 16]);
    expect(new Set(epochs.map(String)).size).toBeGreaterThan(1);
    expect(source.targetsPerEpoch).toBe(25);
  });

  it("moves the windows by what is left over, and fills batches across epochs", () => {
    const source = shuffledWindows(counting(24), { batch: 3, length: 5, seed: 5 });
    const shifts = new Set<number>();
    for (const batch of take(source, 40)) {
      expect(batch.x).toHaveLength(15);
      expect([...batch.y]).toEqual([...batch.x].map((id) => id + 1));
      for (const row of rowsOf(batch)) shifts.add(row[0]! % 5);
    }
    expect([...shifts].sort()).toEqual([0, 1, 2, 3]);
  });

  it("draws any place alike in random order", () => {
    const source = shuffledWindows(counting(20), { batch: 10, length: 10, order: "random", seed: 2 });
    const counts = new Int32Array(10);
    for (const batch of take(source, 500)) for (const row of rowsOf(batch)) counts[row[0]!]! += 1;
    // 5,000 draws of 10 places: 500 each, standard deviation 21.
    for (const n of counts) expect(Math.abs(n - 500)).toBeLessThan(110);
  });

  it("refuses a window that is longer than the text", () => {
    expect(() => shuffledWindows(counting(10), { batch: 2, length: 10, seed: 0 })).toThrow(
      /has 10 tokens, and a window of 10 needs 11.*sequence length of at most 9/,
    );
    expect(shuffledWindows(counting(11), { batch: 2, length: 10, seed: 0 }).next().targets).toBe(20);
  });
});

describe("itemBatches", () => {
  it("begins with the start, ends with the end, and counts no padding", () => {
    const [batch] = take(itemBatches(itemsOf([3]), { batch: 1, length: 6, start: 90, pad: 91, seed: 0 }), 1);
    expect([...batch!.x]).toEqual([90, 1, 2, 3, 91, 91]);
    expect([...batch!.y]).toEqual([1, 2, 3, 0, 91, 91]);
    expect([...batch!.weights!]).toEqual([1, 1, 1, 1, 0, 0]);
    expect(batch!.targets).toBe(4);
  });

  it("counts every token once an epoch, those of items longer than a row too", () => {
    const stream = itemsOf([3, 1, 9, 4, 7, 2, 5, 6]);
    // Rows of 5: 1 + 1 + 2 + 1 + 2 + 1 + 2 + 2 = 12, in 4 batches.
    const source = itemBatches(stream, { batch: 3, length: 5, seed: 4 });
    const counted: number[] = [];
    for (const { x, y, weights, targets, length } of take(source, 4)) {
      let n = 0;
      weights!.forEach((weight, at) => {
        if (weight === 0) return;
        n++;
        counted.push(y[at]!);
        const before = x[at]!;
        if (y[at]! > 0) expect(before === 0 || before === y[at]! - 1).toBe(true);
        if (at % length > 0) expect(before).toBe(y[at - 1]);
      });
      expect(n).toBe(targets);
    }
    expect(counted.sort((a, b) => a - b)).toEqual([...stream.tokens].sort((a, b) => a - b));
    expect(source.targetsPerEpoch).toBe(stream.tokens.length);
  });

  it("shortens a batch to a multiple", () => {
    const source = itemBatches(itemsOf([5]), { batch: 2, length: 32, multipleOf: 4, seed: 0 });
    expect(source.next().length).toBe(8);
  });
});
