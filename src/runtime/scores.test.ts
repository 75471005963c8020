/** Weights of scores, against Math.exp in double precision. */
import { expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { logSumExp, weigh } from "./scores.ts";

it.each([1, 2, 3, 4, 5, 63, 4096, 50_257, 130_001])("of %i tokens", (count) => {
  const random = new Random(count, "scores");
  const scores = Float32Array.from({ length: count }, (_, k) => 60 * random.uniform(k) - 30);
  if (count > 3) scores[1] = -Infinity;
  const best = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  for (const scale of [1, 1 / 0.8, 0.5, 100]) {
    const exact = Array.from(scores, (score) => Math.exp((score - best) * scale));
    const found = weigh(scores, scale);
    expect(found.best).toBe(best);
    for (const [k, weight] of found.weights.entries())
      if (!(Math.abs(weight - exact[k]!) <= exact[k]! * 2e-5 * Math.max(1, scale) + 2e-37))
        expect.fail(`${weight} for ${exact[k]}`);
    const sum = exact.reduce((a, b) => a + b);
    expect(Math.abs(found.total / sum - 1)).toBeLessThan(1e-6 * Math.max(1, scale));
    let left = sum * 0.37;
    const place = exact.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    // Rounding may move the border by one token of some weight.
    expect(Math.abs(found.placeOf(sum * 0.37) - place)).toBeLessThanOrEqual(1);
    expect(found.placeOf(2 * sum)).toBe(exact.findLastIndex((weight) => weight > 2e-37));
  }
  expect(logSumExp(scores)).toBeCloseTo(
    best + Math.log(Array.from(scores, (s) => Math.exp(s - best)).reduce((a, b) => a + b)),
    6,
  );
});

it("leaves weight to the best alone where the scale is beyond 32 bits", () => {
  const { weights, total, placeOf } = weigh(Float32Array.of(0, 1, 5, 2), 1e40);
  expect([...weights]).toEqual([0, 0, 1, 0]);
  expect(total).toBe(1);
  expect(placeOf(0.5)).toBe(2);
});
