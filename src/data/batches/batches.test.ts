import { describe, expect, it } from "vitest";
import type { TokenStream } from "../tokens.ts";
import type { BatchSource, TokenBatch } from "./batch.ts";
import { itemBatches, itemPass } from "./items.ts";
import { maskedBatches, maskedPass } from "./masking.ts";
import { shuffledWindows } from "./shuffled.ts";
import { streamWindows } from "./stream.ts";

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

/** Of ids up to 99: 0 ends an item, 97 to 99 are special; 90 to 96 go on with a word. */
const hiding = {
  cls: 97,
  mask: 98,
  pad: 99,
  vocabulary: 100,
  special: Uint8Array.from({ length: 100 }, (_, id) => Number(id === 0 || id > 96)),
};

const sources: readonly (readonly [string, (seed: number) => BatchSource])[] = [
  ["streamWindows", (seed) => streamWindows(counting(200), { batch: 3, length: 5, seed })],
  ["shuffledWindows", (seed) => shuffledWindows(counting(200), { batch: 3, length: 5, stride: 2, seed })],
  [
    "random windows",
    (seed) => shuffledWindows(counting(200), { batch: 3, length: 5, order: "random", seed }),
  ],
  ["itemBatches", (seed) => itemBatches(itemsOf([3, 1, 9, 4, 7, 2, 5]), { batch: 3, length: 5, seed })],
  [
    "itemBatches, packed",
    (seed) => itemBatches(itemsOf([3, 1, 9, 4, 7, 2, 5]), { batch: 2, length: 9, packed: true, seed }),
  ],
  [
    "maskedBatches",
    (seed) =>
      maskedBatches(itemsOf([3, 1, 9, 4, 7, 2, 5]), { batch: 2, length: 9, packed: true, seed, ...hiding }),
  ],
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
  it("names the lanes whose windows begin with the token at which a text may begin", () => {
    const ids = counting(25).map((id) => id % 8);
    const [a, b] = take(streamWindows(ids, { batch: 3, length: 4, seed: 1, restart: 0 }), 2);
    expect(rowsOf(a!).map((row) => row[0])).toEqual([0, 0, 0]);
    expect(a!.restarts).toEqual([0, 1, 2]);
    expect(rowsOf(b!).map((row) => row[0])).toEqual([4, 4, 4]);
    expect(b!.restarts).toEqual([]);
  });

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

describe("packed items", () => {
  it("share a row, each with its own start, positions and number", () => {
    const options = { batch: 1, length: 8, packed: true, start: 90, pad: 91 };
    const [batch, ...more] = [...itemPass(itemsOf([3, 2]), options)];
    expect(more).toEqual([]);
    expect([...batch!.x]).toEqual([90, 1, 2, 3, 90, 4, 5, 91]);
    expect([...batch!.y]).toEqual([1, 2, 3, 0, 4, 5, 0, 91]);
    expect([...batch!.positions!]).toEqual([0, 1, 2, 3, 0, 1, 2, 0]);
    expect([...batch!.documents!]).toEqual([0, 0, 0, 0, 1, 1, 1, -1]);
    expect([...batch!.weights!]).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    expect(batch!.targets).toBe(7);
  });

  it("fill nearly every place, and each token is a target once an epoch", () => {
    const lengths = Array.from({ length: 400 }, (_, i) => 1 + ((i * i * 7 + i * 13) % 40));
    const stream = itemsOf(lengths);
    const tokens = Int32Array.from(stream.tokens, (_, i) => i);
    const numbered = { ...stream, tokens };
    const source = itemBatches(numbered, { batch: 1, length: 64, packed: true, seed: 1 });
    const { layout } = source;
    expect(layout!.filled).toBeGreaterThan(0.97);
    const counted = take(source, layout!.rows).flatMap(({ y, weights }) =>
      [...y].filter((_, i) => weights![i]),
    );
    expect(counted.sort((a, b) => a - b)).toEqual([...tokens]);
  });
});

describe("items longer than a row", () => {
  it("are split, or cut off where that is wanted, and counted", () => {
    const stream = itemsOf([7, 2]);
    const split = itemBatches(stream, { batch: 1, length: 4, seed: 0 });
    expect(split.layout).toMatchObject({ items: 2, rows: 3, long: 1, longItems: "split" });
    const cut = itemBatches(stream, { batch: 1, length: 4, long: "truncate", seed: 0 });
    expect(cut.layout).toMatchObject({ items: 2, rows: 2, long: 1, longItems: "truncate" });
    const seen = take(cut, 2).flatMap(({ y, weights }) => [...y].filter((_, i) => weights![i]));
    expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 8, 9]);
  });
});

describe("prompts", () => {
  it("that fill a row which the rest is cut off from are counted, and said where nothing else is left", () => {
    const asked = { ...itemsOf([7, 2, 9]), prompts: Int32Array.of(5, 1, 4) };
    const cut = { batch: 1, length: 4, long: "truncate", seed: 0 } as const;
    expect(itemBatches(asked, cut).layout).toMatchObject({ items: 3, rows: 1, long: 2, unlearned: 2 });
    expect(itemBatches(asked, { ...cut, long: "split" }).layout).toMatchObject({ unlearned: 0 });
    const all = { ...itemsOf([7, 9]), prompts: Int32Array.of(5, 4) };
    expect(() => itemBatches(all, cut)).toThrow(
      /The prompts fill the rows.*4 tokens.*`seqLen`.*`longTexts: "split"`/,
    );
    expect(() => itemBatches(itemsOf([]), cut)).toThrow(/There are no items/);
  });

  const stream: TokenStream = { ...itemsOf([5, 3]), prompts: Int32Array.of(2, 0) };

  it("are read and do not count, packed or not", () => {
    for (const packed of [false, true]) {
      const [batch] = [...itemPass(stream, { batch: 2, length: 10, packed, start: 90, pad: 91 })];
      expect(rowsOf(batch!)[0]!.slice(0, 6)).toEqual([90, 1, 2, 3, 4, 5]);
      expect([...batch!.weights!.subarray(0, 6)]).toEqual([0, 0, 1, 1, 1, 1]);
      expect(batch!.targets).toBe(4 + 4);
    }
    expect(itemBatches(stream, { batch: 1, length: 10, seed: 0 }).targetsPerEpoch).toBe(8);
  });

  it("that fill a row leave nothing to learn, and the row is left out", () => {
    const source = itemBatches(
      { ...itemsOf([5]), prompts: Int32Array.of(4) },
      { batch: 1, length: 3, seed: 0 },
    );
    expect(source.layout).toMatchObject({ rows: 1, long: 1 });
    const [batch] = take(source, 1);
    expect([...batch!.x]).toEqual([3, 4, 5]);
    expect([...batch!.weights!]).toEqual([0, 1, 1]);
  });
});

describe("masked batches", () => {
  /** 500 items of 20 tokens, ids 1 to 96. */
  const stream: TokenStream = {
    tokens: Int32Array.from({ length: 500 * 21 }, (_, i) => (i % 21 === 20 ? 0 : 1 + ((i * 31) % 96))),
    offsets: Int32Array.from({ length: 501 }, (_, i) => 21 * i),
    endOfText: 0,
  };
  const all = { batch: 100, length: 66, packed: true };
  /** The rows before anything was hidden, and the places that are to be predicted. */
  function uncovered({ x, y, at, weights, targets }: TokenBatch) {
    const ids = x.slice();
    const places = [...at!.subarray(0, targets)];
    places.forEach((place, i) => {
      ids[place] = y[i]!;
    });
    expect([...weights!]).toEqual([...weights!].map((_, i) => Number(i < targets)));
    return { ids, chosen: new Set(places), places };
  }

  it("hide 15 %: 80 % of these as a mask, 10 % as any token, 10 % not at all", () => {
    let [chosen, masked, same, of] = [0, 0, 0, 0];
    for (const batch of maskedPass(stream, { ...all, ...hiding })) {
      const { ids, places } = uncovered(batch);
      for (const [i, id] of ids.entries())
        of += Number(batch.documents![i]! >= 0 && hiding.special[id] === 0);
      for (const place of places) {
        expect(batch.documents![place]).toBeGreaterThanOrEqual(0);
        expect(hiding.special[ids[place]!]).toBe(0);
        chosen++;
        masked += Number(batch.x[place] === hiding.mask);
        same += Number(batch.x[place] === ids[place]);
      }
    }
    expect(of).toBe(500 * 20);
    // Standard deviations: 0.36 % of the tokens, 1 % and 0.8 % of the chosen.
    expect(Math.abs(chosen / of - 0.15)).toBeLessThan(0.015);
    expect(Math.abs(masked / chosen - 0.801)).toBeLessThan(0.04);
    expect(Math.abs(same / chosen - 0.101)).toBeLessThan(0.03);
  });

  it("begin each text with [CLS] and keep its end", () => {
    const [batch] = [...maskedPass(itemsOf([2, 1]), { batch: 1, length: 8, packed: true, ...hiding })];
    expect([...uncovered(batch!).ids]).toEqual([97, 1, 2, 0, 97, 3, 0, 99]);
    expect([...batch!.positions!]).toEqual([0, 1, 2, 3, 0, 1, 2, 0]);
    expect([...batch!.documents!]).toEqual([0, 0, 0, 0, 1, 1, 1, -1]);
  });

  it("hide the pieces of a word together, and about as many tokens", () => {
    const continues = Uint8Array.from({ length: 100 }, (_, id) => Number(id >= 50 && id <= 96));
    let [hidden, of] = [0, 0];
    for (const batch of maskedPass(stream, { ...all, ...hiding, continues })) {
      const { ids, chosen } = uncovered(batch);
      for (const [i, id] of ids.entries()) {
        if (batch.documents![i]! < 0 || hiding.special[id] === 1) continue;
        of++;
        hidden += Number(chosen.has(i));
        if (continues[id] === 1 && hiding.special[ids[i - 1]!] === 0)
          expect(chosen.has(i)).toBe(chosen.has(i - 1));
      }
    }
    expect(Math.abs(hidden / of - 0.15)).toBeLessThan(0.025);
  });

  it("hide as large a share as a training asks for, and 15 % in a validation of it", () => {
    const continues = Uint8Array.from({ length: 100 }, (_, id) => Number(id >= 50 && id <= 96));
    const options = { ...all, batch: 167, seed: 3, ...hiding, continues };
    for (const share of [0.05, 0.3, 0.6]) {
      const batches = take(maskedBatches(stream, { ...options, share }), 3);
      const hidden = batches.reduce((sum, batch) => sum + uncovered(batch).chosen.size, 0);
      expect(Math.abs(hidden / (3 * 500 * 20) - share)).toBeLessThan(0.025);
      for (const { at, weights } of batches) expect(weights!.length).toBe(at!.length);
    }
    const pass = (share: number) => [...maskedPass(stream, { ...options, share } as typeof options)];
    expect(pass(0.6)).toEqual(pass(0.05));
  });

  it("hide one token where chance would hide none", () => {
    const options = { batch: 1, length: 3, seed: 0, ...hiding };
    for (const { targets } of take(maskedBatches(itemsOf([1, 1, 1]), options), 40)) expect(targets).toBe(1);
  });

  /** Items of 5 tokens, of which the given ones have nothing that may be hidden. */
  const withUnknown = (items: number, isUnknown: (item: number) => boolean): TokenStream => ({
    tokens: Int32Array.from({ length: items * 6 }, (_, i) =>
      i % 6 === 5 ? 0 : isUnknown(Math.floor(i / 6)) ? 99 : 1 + (i % 96),
    ),
    offsets: Int32Array.from({ length: items + 1 }, (_, i) => 6 * i),
    endOfText: 0,
  });

  it("always have something to predict where few texts have tokens to hide", () => {
    const few = withUnknown(20, (item) => item !== 7);
    const rows = { batch: 2, length: 7, ...hiding };
    for (const { targets, weights } of take(maskedBatches(few, { ...rows, seed: 4 }), 40)) {
      expect(targets).toBeGreaterThan(0);
      expect(weights!.reduce((sum, weight) => sum + weight)).toBe(targets);
    }
    const pass = [...maskedPass(few, rows)];
    expect(pass.map(({ targets }) => targets > 0)).toEqual([true]);
  });

  it("refuse texts of which nothing can be hidden", () => {
    expect(() =>
      maskedBatches(
        withUnknown(4, () => true),
        { batch: 2, length: 7, seed: 0, ...hiding },
      ),
    ).toThrow(expect.objectContaining({ code: "nothing-to-hide" }));
  });

  it("hide others in each epoch, and in a pass always the same", () => {
    const source = maskedBatches(stream, { ...all, batch: 167, seed: 3, ...hiding });
    expect(source.layout!.rows).toBe(167);
    const [a, b] = take(source, 2);
    expect(a!.targets).not.toBe(b!.targets);
    const pass = () => [...maskedPass(stream, { ...all, ...hiding })];
    expect(pass()).toEqual(pass());
  });
});
