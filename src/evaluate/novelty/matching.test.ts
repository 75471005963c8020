import { describe, expect, it } from "vitest";
import { normaliseText } from "../../../test/normalise-text.ts";
import { matchLengths, wholeTextAt } from "./matching.ts";
import { buildIndex } from "./training-index.ts";

function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

describe("matchLengths", () => {
  it("agrees with brute force at every position, over long, short and periodic matches", () => {
    for (let round = 0; round < 40; round++) {
      const next = generator(round);
      const letters = round % 3 === 0 ? "ab" : "abcdefghij";
      const text = (n: number) =>
        Array.from({ length: n }, () => (next(5) ? letters[next(letters.length)] : " ")).join("");
      const period = text(1 + next(7));
      const again = (most: number) => period.repeat(next(most));
      const data = Array.from({ length: 8 }, (_, k) => (k < 2 ? text(next(3)) + again(20) : text(next(120))));
      const piece = () => {
        const source = data[next(8)]!;
        const start = next(source.length + 1);
        return source.slice(start, start + next(90));
      };
      const sample =
        round % 2 === 0
          ? text(next(9)) + again(30) + text(next(3)) + again(30)
          : Array.from({ length: 4 }, () => piece() + text(next(4))).join("");
      const index = buildIndex(data);
      const folded = data.map(normaliseText);
      const own = normaliseText(sample);
      const truth = [...own].map((_, i) => {
        let length = 0;
        while (i + length < own.length && folded.some((d) => d.includes(own.slice(i, i + length + 1))))
          length++;
        return length;
      });
      expect([...matchLengths(index, index.read(sample).symbols)], JSON.stringify({ data, sample })).toEqual(
        truth,
      );
    }
  });
});

describe("wholeTextAt", () => {
  it("finds the longest of the texts that begin there, and no part of one", () => {
    const index = buildIndex(["why not", "why not me", "why not me or you", "not me"]);
    const at = (sample: string) => {
      const { symbols } = index.read(sample);
      return wholeTextAt(index, symbols, 0, symbols.length);
    };
    expect(at("Why not me, or us?")).toBe(" why not me ".length);
    expect(at("Why not")).toBe(" why not ".length);
    expect(at("why")).toBe(0);
    expect(at("or you")).toBe(0);
  });
});
