import { describe, expect, it } from "vitest";
import type { TokenBatch } from "../data/batches/batch.ts";
import { endings, lanes, texts, windows } from "./passes.ts";

/** A stream whose ids are their own positions, so that every target is its own position. */
const stream = (size: number) => Int32Array.from({ length: size }, (_, i) => i);

function counted(batches: Iterable<TokenBatch>): { target: number; context: number }[] {
  const found: { target: number; context: number }[] = [];
  for (const { x, y, weights, targets, spans, batch, length } of batches) {
    const named = spans!.flatMap(({ at, length, place }) =>
      Array.from({ length }, (_, k) => ({ at: at + k, id: place + k })),
    );
    for (const { at, id } of named) expect([weights![at], y[at]]).toEqual([1, id]);
    expect(named).toHaveLength(targets);
    let n = 0;
    for (let row = 0; row < batch; row++) {
      for (let k = 0; k < length; k++) {
        const at = row * length + k;
        if (weights![at] === 0) continue;
        n++;
        expect(y[at]).toBe(x[at]! + 1);
        found.push({ target: y[at]!, context: new Set(x.subarray(row * length, at + 1)).size });
      }
    }
    expect(n).toBe(targets);
  }
  return found.sort((a, b) => a.target - b.target);
}

describe.each([2, 3, 7, 8, 9, 25, 26, 64])("a stream of %i tokens", (size) => {
  const everyTarget = Array.from({ length: size - 1 }, (_, i) => i + 1);
  const sizes = { batch: 3, length: 4 };

  it("is scored once by lanes, windows and endings", () => {
    for (const pass of [
      lanes(stream(size), sizes),
      windows(stream(size), sizes, 2),
      endings(stream(size), sizes),
    ]) {
      expect(counted(pass).map(({ target }) => target)).toEqual(everyTarget);
    }
  });

  it("gives every target of a window at least length - stride tokens of context", () => {
    for (const { target, context } of counted(windows(stream(size), sizes, 1))) {
      expect(context).toBe(Math.min(target, 4));
    }
  });
});

it("goes on in each lane where the batch before ended", () => {
  const [first, second] = [...lanes(stream(25), { batch: 2, length: 4 })];
  expect([...first!.x]).toEqual([0, 1, 2, 3, 12, 13, 14, 15]);
  expect([...second!.x]).toEqual([4, 5, 6, 7, 16, 17, 18, 19]);
  expect([first!.fresh, second!.fresh]).toEqual([true, false]);
});

it("reads texts alone, the shorter ones first, each from its own beginning", () => {
  const rows = [
    { ids: [0, 1, 2, 3, 4, 5], counts: 1, place: 1 },
    { ids: [10, 11], counts: 1, place: 11 },
    { ids: [20, 21, 22, 23], counts: 3, place: 21 },
  ];
  const batches = [...texts(rows, { batch: 2, length: 3 })];
  expect(batches.map(({ fresh }) => fresh)).toEqual([true, true, false]);
  expect(batches.map(({ targets }) => targets)).toEqual([2, 3, 2]);
  expect(batches.flatMap((batch) => counted([batch]).map(({ target }) => target))).toEqual([
    11, 23, 1, 2, 3, 4, 5,
  ]);
});
