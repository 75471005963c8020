/** Schemas that must hold at the same time, as one. */
import { expect, it } from "vitest";
import { merge } from "./merge.ts";

const refuse = (keyword: string) => new Error(keyword);

it.each([
  [4, 6, 12],
  [6, 4, 12],
  [7, 7, 7],
  [2, 8, 8],
  [5, 3, 15],
  [0.1, 0.25, 0.5],
  [0.25, 0.1, 0.5],
  [0.3, 0.2, 0.6],
  [1.5, 1, 3],
  [1e-7, 3e-7, 3e-7],
  [1e21, 3, 3e21],
  [2.5, 1e22, 1e22],
  [999_999_999_999_999, 1e15, 9.99999999999999e29],
  [5e-324, 7, 7],
  [1.7e308, 1.3e308, Number.MAX_VALUE],
])("multiples of %d and %d are those of %d", (a, b, both) => {
  expect(merge({ multipleOf: a }, { multipleOf: b }, refuse)).toEqual({ multipleOf: both });
});
