import { describe, expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { likeliest } from "./likeliest.ts";

/** By sorting everything. */
const sorted = (scores: Float32Array, count: number, allowed?: Uint8Array) =>
  [...scores.keys()]
    .filter((id) => !allowed || allowed[id])
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .slice(0, count);

describe("likeliest", () => {
  const random = new Random(4, "scores");
  const draw = (length: number, steps: number) =>
    Float32Array.from({ length }, (_, i) => Math.floor(random.uniform(i) * steps) - steps / 2);

  it.each([
    ["few equal", 1000, 1e6],
    ["many equal", 1000, 7],
    ["all equal", 50, 1],
  ] as const)("is what sorting gives: %s", (_, length, steps) => {
    const scores = draw(length, steps);
    for (const count of [1, 2, 7, 40, length - 1, length, 2 * length])
      expect([...likeliest(scores, count)]).toEqual(sorted(scores, count));
  });

  it("whatever the order they come in", () => {
    for (const scores of [draw(300, 1e6).sort(), draw(300, 1e6).sort().reverse()])
      expect([...likeliest(scores, 9)]).toEqual(sorted(scores, 9));
  });

  it("leaves out what is not allowed, and takes what is impossible last", () => {
    const scores = Float32Array.of(3, -Infinity, 5, 4, -Infinity);
    expect([...likeliest(scores, 4)]).toEqual([2, 3, 0, 1]);
    const allowed = Uint8Array.of(1, 1, 0, 1, 0);
    expect([...likeliest(scores, 9, allowed)]).toEqual(sorted(scores, 9, allowed));
    expect([...likeliest(Float32Array.of(-0, 0, -1e-40), 3)]).toEqual([0, 1, 2]);
    expect([...likeliest(draw(100, 9), 3, new Uint8Array(100))]).toEqual([]);
  });
});
