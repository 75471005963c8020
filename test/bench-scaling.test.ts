/** The power law of `npm run bench -- scaling`, against laws that are known. */
import { describe, expect, it } from "vitest";
import { fitPowerLaw } from "../bench/scaling/power-law.ts";
import { Random } from "../src/core/random.ts";

const sizes = [1e5, 1e6, 4e6];
const amounts = [250_000, 1_000_000];
const law = (parameters: number, tokens: number) => 9 * parameters ** -0.07 * tokens ** -0.11;
const runs = sizes.flatMap((parameters) =>
  amounts.map((tokens) => ({ parameters, tokens, bits: law(parameters, tokens) })),
);

describe("a power law", () => {
  it("is found again, and foretells what lies beyond the trainings", () => {
    const found = fitPowerLaw(runs);
    expect(found.parameters).toBeCloseTo(-0.07, 9);
    expect(found.tokens).toBeCloseTo(-0.11, 9);
    expect(found.bits(6e6, 3e7)).toBeCloseTo(law(6e6, 3e7), 9);
  });

  it("has the least squares of the logarithms where the trainings scatter", () => {
    const random = new Random(5, "scatter");
    const scattered = runs.map((run, i) => ({ ...run, bits: run.bits * Math.exp(0.05 * random.normal(i)) }));
    const found = fitPowerLaw(scattered);
    const c = found.bits(1, 1);
    const squares = (a: number, b: number, scale: number) =>
      scattered.reduce(
        (sum, { parameters, tokens, bits }) =>
          sum + (Math.log(bits) - Math.log(scale * parameters ** a * tokens ** b)) ** 2,
        0,
      );
    const least = squares(found.parameters, found.tokens, c);
    for (const off of [-1e-3, 1e-3]) {
      expect(squares(found.parameters + off, found.tokens, c)).toBeGreaterThan(least);
      expect(squares(found.parameters, found.tokens + off, c)).toBeGreaterThan(least);
      expect(squares(found.parameters, found.tokens, c * (1 + off))).toBeGreaterThan(least);
    }
  });

  it("needs trainings that differ in both", () => {
    const alike = runs.filter(({ tokens }) => tokens === amounts[0]);
    expect(() => fitPowerLaw(alike)).toThrow(RangeError);
    expect(() => fitPowerLaw(runs.slice(0, 1))).toThrow(RangeError);
  });
});
