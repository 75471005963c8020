/** The factor on the loss as the paper has it: halved at an overflow, doubled after a long quiet time, within bounds. */
import { expect, it } from "vitest";
import { afterOverflow, afterStep, firstLossScale, isLossScale, type LossScale } from "./loss-scale.ts";

const quiet = (scale: LossScale, steps: number): LossScale =>
  Array.from({ length: steps }).reduce<LossScale>((now) => afterStep(now), scale);

it("doubles after 500 steps in a row without an overflow", () => {
  expect(quiet(firstLossScale, 499)).toEqual({ factor: firstLossScale.factor, steps: 499 });
  expect(quiet(firstLossScale, 500)).toEqual({ factor: 2 * firstLossScale.factor, steps: 0 });
  const late = afterOverflow(quiet(firstLossScale, 499))!;
  expect(quiet(late, 499).factor).toBe(firstLossScale.factor / 2);
});

it("stays within what 16 bits can use", () => {
  expect(quiet({ factor: 2 ** 16, steps: 0 }, 2000).factor).toBe(2 ** 16);
  let scale: LossScale | undefined = firstLossScale;
  let halved = 0;
  for (; scale; scale = afterOverflow(scale)) halved++;
  expect(halved).toBe(21);
});

it("tells a scale of a checkpoint from anything else", () => {
  for (const scale of [firstLossScale, { factor: 2 ** -16, steps: 499 }, { factor: 2 ** 16, steps: 9_999 }])
    expect(isLossScale(JSON.parse(JSON.stringify(scale)))).toBe(true);
  const others = [
    null,
    16,
    "16",
    [],
    {},
    { factor: 16 },
    { factor: "16", steps: 0 },
    { factor: 16, steps: -1 },
  ];
  const factors = [0, -16, Number.NaN, 2 ** 17, 2 ** -17, 1e300].map((factor) => ({ factor, steps: 0 }));
  for (const other of [...others, ...factors, { factor: 16, steps: 0.5 }])
    expect(isLossScale(other)).toBe(false);
});
