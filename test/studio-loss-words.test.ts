/** What the studio says of the losses of a training. */
import { expect, it } from "vitest";
import { bestStep, isByHeart } from "../studio/ui/loss-words.ts";

const rows = (...all: [step: number, loss: number, unseen?: number][]) =>
  all.map(([step, loss, val_loss]) => ({ step, loss, ...(val_loss === undefined ? {} : { val_loss }) }));

it("says that a model learns by heart: its own texts surprise it less, others more", () => {
  const log = rows([1, 3.5], [25, 3, 3.1], [50, 2, 2.8], [75, 1.5], [100, 0.8, 3.4], [200, 0.6, 4.2]);
  expect(bestStep(log)).toBe(50);
  expect(isByHeart(log)).toBe(true);
  expect(isByHeart(rows([250, 0.66, 3.8], [500, 0.66, 3.8]), 3.3)).toBe(true);
});

it("says so neither before a validation, nor where the loss wavers, nor where both rise, nor before its own texts are known", () => {
  expect(isByHeart(rows([25, 3.2, 3.4]), 3.3)).toBe(false);
  expect(bestStep(rows([1, 3.5]))).toBeUndefined();
  expect(isByHeart(rows([1, 3.5]))).toBe(false);
  expect(isByHeart(rows([25, 2.5, 2.5], [50, 2, 2.3], [100, 1.9, 2.35]))).toBe(false);
  expect(isByHeart(rows([25, 2.5, 2.5], [50, 2, 2.3], [100, 2.9, 3.4]))).toBe(false);
});
