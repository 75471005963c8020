import { afterEach, describe, expect, it, vi } from "vitest";
import { rotationFrequencies, rotationTables } from "./rotary.ts";

describe("tables of cosines and sines", () => {
  afterEach(() => vi.restoreAllMocks());

  it("are those of each angle, at the last position of a long context too", () => {
    const rotation = { context: 100_003, headSize: 16, base: 500_000 };
    const steps = rotationFrequencies(rotation);
    const { cos, sin } = rotationTables(rotation);
    for (const position of [0, 1, 63, 64, 65, 4_095, 99_999, 100_002])
      for (const [i, step] of steps.entries()) {
        const k = position * steps.length + i;
        expect(cos.data[k]).toBeCloseTo(Math.cos(position * step), 7);
        expect(sin.data[k]).toBeCloseTo(Math.sin(position * step), 7);
      }
    expect(cos.shape).toEqual([100_003, 8]);
  });

  it("take few cosines", () => {
    const cosine = vi.spyOn(Math, "cos");
    rotationTables({ context: 8_192, headSize: 64, base: 100_000 });
    expect(cosine.mock.calls.length).toBeLessThan((8_192 * 32) / 20);
  });
});
