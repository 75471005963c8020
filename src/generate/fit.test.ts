import { expect, it } from "vitest";
import type { Model } from "../models/model.ts";
import { contextNote, lastPart, partAround } from "./fit.ts";

const decoder = (contextLength: number) =>
  ({
    contextLength,
    predicts: "each",
    state: () => ({ keys: { shape: [1, "length"] } }),
  }) as unknown as Model;
const recurrent = {
  contextLength: Number.POSITIVE_INFINITY,
  predicts: "each",
  state: () => ({}),
} as unknown as Model;

it("a prompt is read whole where a token more has room, else its last part with room to write", () => {
  expect(lastPart(decoder(128), 127, 200)).toEqual({ from: 0, to: 127 });
  // Room for as many tokens as it read, at most.
  expect(lastPart(decoder(128), 128, 200)).toEqual({ from: 64, to: 128 });
  expect(lastPart(decoder(128), 152, 8)).toEqual({ from: 32, to: 152 });
  expect(lastPart(decoder(2), 9, 200)).toEqual({ from: 8, to: 9 });
  expect(lastPart(recurrent, 1e6, 200)).toEqual({ from: 0, to: 1e6 });
});

it("the part around masks holds them all, is as long as can be and leans to neither side, at every place", () => {
  for (const [length, most] of [
    [10, 10],
    [30, 9],
    [31, 8],
    [12, 11],
  ] as const) {
    for (let first = 0; first < length; first++) {
      for (let last = first; last < Math.min(length, first + most); last++) {
        const { from, to } = partAround([first, last], length, most, "bert");
        expect(to - from).toBe(Math.min(length, most));
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(length);
        expect(from).toBeLessThanOrEqual(first);
        expect(to).toBeGreaterThan(last);
        const [left, right] = [first - from, to - 1 - last];
        // One side is longer only where the other is at its end.
        if (left > right + 1) expect(to).toBe(length);
        if (right > left + 1) expect(from).toBe(0);
      }
    }
  }
  expect(() => partAround([0, 20], 30, 9, "bert")).toThrow(/lie 21 tokens apart and bert sees at most 9/);
});

it("says what is read where that is not all", () => {
  const gpt = { name: "gpt", contextLength: 128, masked: false };
  expect(contextNote(gpt, { from: 0, to: 5 }, 5)).toBeUndefined();
  expect(contextNote(gpt, { from: 32, to: 152 }, 152)).toBe(
    "The text has 152 tokens and gpt sees at most 128 at once: it reads 120 of them, the last ones.",
  );
});
