import { describe, expect, it } from "vitest";
import { suffixArray } from "./suffix-array.ts";

function bruteForce(s: ArrayLike<number>): number[] {
  const compare = (a: number, b: number): number => {
    while (a < s.length && b < s.length) {
      if (s[a] !== s[b]) return s[a]! - s[b]!;
      a++;
      b++;
    }
    return b - a; // the one that ended is shorter and comes first
  };
  return Array.from({ length: s.length }, (_, i) => i).sort(compare);
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("suffixArray", () => {
  it("knows banana", () => {
    const s = Uint8Array.from("banana", (c) => c.charCodeAt(0) - 97);
    expect([...suffixArray(s, 26)]).toEqual([5, 3, 1, 0, 4, 2]);
  });

  it("takes nothing and one symbol", () => {
    expect([...suffixArray(new Uint8Array(0), 1)]).toEqual([]);
    expect([...suffixArray(Uint8Array.of(3), 4)]).toEqual([0]);
  });

  it("agrees with sorting by comparison on random texts of many alphabets, lengths and widths", () => {
    const random = generator(7);
    for (let round = 0; round < 600; round++) {
      const alphabet = 1 + Math.floor(random() * (round % 3 === 0 ? 2 : 9));
      const kind = [Uint8Array, Uint16Array, Int32Array][round % 3]!;
      const s = new kind(Math.floor(random() * 60)).map(() => Math.floor(random() * alphabet));
      expect([...suffixArray(s, alphabet)], `round ${round}: ${s.join(" ")}`).toEqual(bruteForce(s));
    }
  });

  it("agrees on repetitive texts, which make the recursion deep", () => {
    let a = [0];
    let b = [0, 1];
    while (b.length < 1500) [a, b] = [b, [...b, ...a]]; // Fibonacci words
    expect([...suffixArray(Uint8Array.from(b), 2)]).toEqual(bruteForce(b));
    const thrice = Array.from({ length: 900 }, (_, i) => (i * i) % 7);
    expect([...suffixArray(Uint8Array.from(thrice), 7)]).toEqual(bruteForce(thrice));
  });
});
