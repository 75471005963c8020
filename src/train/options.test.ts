import { expect, test } from "vitest";
import { architectureOf } from "../models/registry.ts";
import { finetuneTraining, resolveTrainOptions, trainDefaults } from "./options.ts";

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
  // Never more than what a training from scratch has: BERT bears less.
  expect(finetuneTraining(7e6, { scratch: 1e-3 }).learningRate).toBe(1e-3);
  expect(rate(1000)).toBeLessThanOrEqual(trainDefaults.learningRate);
  const sizes = [1e3, 1e5, 1e6, 1e7, 5e7, 1e8, 1e9];
  expect(sizes.map((size) => rate(size))).toEqual(sizes.map((size) => rate(size)).sort((a, b) => b - a));
});

test("adapters are trained at ten times the rate, as far as they bear it", () => {
  for (const size of [124_439_808, 774_030_080]) expect(rate(size, {})).toBeCloseTo(10 * rate(size), 10);
  // At 3e-2 adapters of a model of 6M parameters lost what it knew.
  for (const size of [1e5, 6e6]) {
    expect(rate(size, {})).toBeGreaterThan(rate(size));
    expect(rate(size, {})).toBeLessThan(2e-2);
  }
});

test("a GPT-2 from scratch learns by Muon, and whichever optimiser is given has a rate that suits it", () => {
  const gpt2 = architectureOf("gpt2");
  expect(resolveTrainOptions({}, gpt2)).toMatchObject({
    optimizer: "muon",
    learningRate: 3e-3,
    momentum: 0.95,
  });
  expect(resolveTrainOptions({ optimizer: "adamw" }, gpt2)).toMatchObject({
    learningRate: 1e-3,
    momentum: 0.9,
  });
  expect(resolveTrainOptions({ learningRate: 2e-3 }, gpt2).learningRate).toBe(2e-3);
  for (const type of ["char-lstm", "char-transformer", "bert"]) {
    const architecture = architectureOf(type);
    const usual = resolveTrainOptions({}, architecture);
    const muon = resolveTrainOptions({ optimizer: "muon" }, architecture);
    expect(usual.optimizer).toBe("adamw");
    expect(muon.learningRate).toBeCloseTo(3 * usual.learningRate, 10);
  }
  // What is trained further, and adapters, are given by size.
  const training = finetuneTraining(6e6, { lora: {} });
  expect(resolveTrainOptions({ lora: {} }, { training }).optimizer).toBe("adamw");
  expect(resolveTrainOptions({ lora: {}, optimizer: "muon" }, { training }).learningRate).toBe(
    training.learningRate,
  );
});
