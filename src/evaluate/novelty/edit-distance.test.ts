import { describe, expect, it } from "vitest";
import { editDistance, editSimilarity } from "./edit-distance.ts";

const codes = (text: string) => Uint16Array.from(text, (c) => c.charCodeAt(0));

function table(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, replace));
    }
    previous = row;
  }
  return previous[b.length]!;
}

describe("editDistance", () => {
  it.each([
    ["kitten", "sitting", 3],
    ["", "abc", 3],
    ["same", "same", 0],
    ["flaw", "lawn", 2],
  ])("%s to %s takes %d", (a, b, distance) => {
    expect(editDistance(codes(a), codes(b))).toBe(distance);
    expect(editDistance(codes(b), codes(a))).toBe(distance);
  });

  it("agrees with the full table over lengths that cross several blocks", () => {
    let state = 5;
    const next = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let round = 0; round < 400; round++) {
      const alphabet = 1 + next(6);
      const a = new Uint8Array(next(140)).map(() => next(alphabet));
      const b =
        round % 2 ? new Uint8Array(next(140)).map(() => next(alphabet)) : a.map((c) => (next(9) ? c : 9));
      expect(editDistance(a, b), `round ${round}`).toBe(table(a, b));
    }
  });
});

describe("editSimilarity", () => {
  it("is 1 for equal texts, 0 for texts with nothing in common, undefined for too many cells", () => {
    expect(editSimilarity(codes(""), codes(""))).toBe(1);
    expect(editSimilarity(codes("abc"), codes("abc"))).toBe(1);
    expect(editSimilarity(codes("abc"), codes("xyzuvw"))).toBe(0);
    expect(editSimilarity(new Uint8Array(1 << 15), new Uint8Array(1 << 15))).toBeUndefined();
  });
});
