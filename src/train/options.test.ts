import { expect, test } from "vitest";
import { finetuneTraining, trainDefaults } from "./options.ts";

const rate = (parameters: number, lora?: object) =>
  finetuneTraining(parameters, lora ? { lora } : {}).learningRate;

test("published models are fine-tuned at the rate of Hugging Face's Trainer, smaller ones at more", () => {
  // GPT-2, medium and large.
  for (const parameters of [124_439_808, 354_823_168, 774_030_080]) expect(rate(parameters)).toBe(5e-5);
  // BERT-base and DistilGPT2 are nearly as large.
  for (const parameters of [109_514_298, 81_912_576]) {
    expect(rate(parameters)).toBeGreaterThan(5e-5);
    expect(rate(parameters)).toBeLessThan(1e-4);
  }
  expect(rate(6e6)).toBeGreaterThanOrEqual(20 * 5e-5);
  // Never more than what a training from scratch begins with.
  expect(rate(1000)).toBe(trainDefaults.learningRate);
  const sizes = [1e3, 1e5, 1e6, 1e7, 5e7, 1e8, 1e9];
  expect(sizes.map((size) => rate(size))).toEqual(sizes.map((size) => rate(size)).sort((a, b) => b - a));
});

test("adapters are trained at ten times the rate", () => {
  for (const size of [1e5, 6e6, 124_439_808]) expect(rate(size, {})).toBeCloseTo(10 * rate(size), 10);
});
