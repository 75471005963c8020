import { describe, expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { createSampler, logSumExp, type SamplerOptions } from "./sampler.ts";

const logits = Float32Array.from([2, 1, 0.5, 0, -1, -3]);

/** Shares of each id over many uniform numbers, evenly spread. */
function shares(options: SamplerOptions, seen: number[] = [], n = 20_000): number[] {
  const choose = createSampler(options);
  const counts = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < n; i++) counts[choose(logits, seen, (i + 0.5) / n).id]!++;
  return counts.map((c) => c / n);
}

function softmax(scores: readonly number[]): number[] {
  const weights = scores.map(Math.exp);
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

function expectShares(actual: number[], expected: number[]): void {
  actual.forEach((share, i) => {
    expect(share).toBeCloseTo(expected[i]!, 3);
  });
}

describe("sampler", () => {
  it("draws from the softmax by default", () => expectShares(shares({}), softmax([...logits])));

  it("draws the same by the model's own probabilities as through cuts that leave all ids in", () => {
    const [plain, cut] = [createSampler(), createSampler({ minP: 1e-9 })];
    for (let i = 0; i < 1000; i++)
      expect(plain(logits, [], (i + 0.5) / 1000)).toEqual(cut(logits, [], (i + 0.5) / 1000));
  });

  it("divides by the temperature", () =>
    expectShares(shares({ temperature: 0.5 }), softmax([...logits].map((l) => l / 0.5))));

  it("takes the likeliest at temperature 0", () =>
    expect(shares({ temperature: 0 })).toEqual([1, 0, 0, 0, 0, 0]));

  it("keeps the k likeliest", () => expectShares(shares({ topK: 2 }), [...softmax([2, 1]), 0, 0, 0, 0]));

  it("keeps the smallest set that reaches p", () => {
    // Probabilities 0.567, 0.209, 0.127, ...: two tokens reach 0.7, three are needed for 0.8.
    expectShares(shares({ topP: 0.7 }), [...softmax([2, 1]), 0, 0, 0, 0]);
    expectShares(shares({ topP: 0.8 }), [...softmax([2, 1, 0.5]), 0, 0, 0]);
  });

  it("keeps those at least min-p as likely as the best", () => {
    // Relative odds: 1, 0.37, 0.22, 0.14, 0.05, 0.007.
    expectShares(shares({ minP: 0.2 }), [...softmax([2, 1, 0.5]), 0, 0, 0]);
  });

  it("makes what was seen less likely, on both sides of zero", () => {
    expectShares(shares({ repetitionPenalty: 2 }, [0, 4]), softmax([1, 1, 0.5, 0, -2, -3]));
  });

  it("tells the model's own log-probability whatever the options", () => {
    const { id, logProbability } = createSampler({ temperature: 0.1, topK: 1 })(logits, [], 0.99);
    expect(id).toBe(0);
    expect(logProbability).toBeCloseTo(2 - logSumExp(logits), 6);
  });

  it("never picks what was cut off, at either end of the uniform numbers", () => {
    const random = new Random(3, "test");
    for (const uniform of [0, 1 - 2 ** -24, ...Array.from({ length: 200 }, (_, i) => random.uniform(i))]) {
      expect(
        createSampler({ topK: 3, topP: 0.9, minP: 0.1, temperature: 1.7 })(logits, [], uniform).id,
      ).toBeLessThan(3);
    }
  });

  it("refuses numbers out of range by the option's name", () => {
    expect(() => createSampler({ temperature: -1 })).toThrow("`temperature` must be from 0 to 100, not -1.");
    expect(() => createSampler({ topP: 1.5 })).toThrow(/`topP` must/);
    expect(() => createSampler({ minP: Number.NaN })).toThrow(/`minP` must/);
  });
});
