import { expect, it } from "vitest";
import { median, quantile } from "./quantile.ts";

it("agrees with numpy's default", () => {
  // numpy.quantile([1, 2, 4, 8], [0, 0.5, 0.9, 1])
  expect([0, 0.5, 0.9, 1].map((q) => quantile([1, 2, 4, 8], q))).toEqual([1, 3, expect.closeTo(6.8, 10), 8]);
});

it("the median needs no order, and of nothing there is none", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});
