import { describe, expect, it } from "vitest";
import { differenceInterval, intervalDigits, wilsonInterval } from "./intervals.ts";

describe("wilsonInterval", () => {
  // Newcombe 1998a, "Two-sided confidence intervals for the single proportion", table I, method 3
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of %d in %d", (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it("knows nothing without trials, and mirrors", () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
    expect(wilsonInterval(20, 20).low).toBeCloseTo(1 - wilsonInterval(0, 20).high, 12);
  });
});

describe("differenceInterval", () => {
  // Newcombe 1998b, "Interval estimation for the difference between independent proportions", table II, method 10
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [5, 56, 0, 29, -0.0381, 0.1926],
  ])("of %d/%d and %d/%d", (a, m, b, n, low, high) => {
    const interval = differenceInterval({ copies: a, n: m }, { copies: b, n });
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});

describe("intervalDigits", () => {
  it.each([
    [22.8, 28.2, 1, 1],
    [0.487, 0.493, 2, 3],
    [0.4912, 0.4936, 2, 3],
    [0, 0.004, 1, 3],
    [99.97, 100, 1, 2],
    [0.02, 0.03, 2, 2],
    [0.5, 0.5, 2, 2],
    [0.1, 0.1 + 2 ** -56, 1, 17],
  ])("of %d to %d, at least %d", (low, high, least, digits) => {
    expect(intervalDigits([low, high], least)).toBe(digits);
  });
});
