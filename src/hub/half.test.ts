import { describe, expect, it } from "vitest";
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from "./half.ts";

const every16 = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** The definition of a binary float with `e` exponent bits and `m` fraction bits. */
function decode(bits: number, e: number, m: number): number {
  const sign = bits >> (e + m) ? -1 : 1;
  const exponent = (bits >> m) & (2 ** e - 1);
  const fraction = (bits & (2 ** m - 1)) / 2 ** m;
  const bias = 2 ** (e - 1) - 1;
  if (exponent === 2 ** e - 1) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

describe.each([
  { name: "f16", widen: halfToFloat, narrow: floatToHalf, e: 5, m: 10, largest: 65504 },
  {
    name: "bf16",
    widen: bfloatToFloat,
    narrow: floatToBfloat,
    e: 8,
    m: 7,
    largest: (2 - 2 ** -7) * 2 ** 127,
  },
])("$name", ({ widen, narrow, e, m, largest }) => {
  const round = (x: number): number => {
    const bits = new Uint16Array(1);
    narrow(Float32Array.of(x), bits);
    const back = new Float32Array(1);
    widen(bits, back);
    return back[0]!;
  };

  it("widens all 65,536 patterns as the format is defined", () => {
    const values = new Float32Array(65536);
    widen(every16, values);
    for (let i = 0; i < 65536; i++) {
      if (!Object.is(values[i], Math.fround(decode(i, e, m))))
        expect([i, values[i]]).toEqual([i, decode(i, e, m)]);
    }
  });

  it("narrows what it widened to the same pattern (any pattern of a NaN stays a NaN)", () => {
    const values = new Float32Array(65536);
    widen(every16, values);
    const back = new Uint16Array(65536);
    narrow(values, back);
    for (let i = 0; i < 65536; i++) {
      if (Number.isNaN(values[i]!)) expect(decode(back[i]!, e, m)).toBeNaN();
      else if (back[i] !== i) expect([i, back[i]]).toEqual([i, i]);
    }
  });

  it("rounds to the nearest, ties to even, and past the largest to infinity", () => {
    const step = 2 ** -m;
    expect(round(1 + step / 2)).toBe(1);
    expect(round(1 + step / 2 + 2 ** -20)).toBe(1 + step);
    expect(round(1 + 1.5 * step)).toBe(1 + 2 * step);
    expect(round(-(2 - step / 4))).toBe(-2);
    expect(round(largest)).toBe(largest);
    expect(round(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(round(3.4028234663852886e38)).toBe(Number.POSITIVE_INFINITY);
  });
});

it("rounds the subnormals of f16 to even", () => {
  const bits = new Uint16Array(4);
  floatToHalf(Float32Array.of(2 ** -25, 1.5 * 2 ** -24, 2.5 * 2 ** -24, -(2 ** -24)), bits);
  expect([...bits]).toEqual([0, 2, 2, 0x8001]);
});
