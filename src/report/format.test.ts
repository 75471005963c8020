import { expect, test } from "vitest";
import {
  bits,
  bytes,
  compact,
  count,
  decimal,
  duration,
  milliseconds,
  nats,
  percent,
  percentInterval,
  rate,
} from "./format.ts";

/** Formatted text with its no-break spaces as ordinary ones. */
const plain = (text: string) => text.replaceAll("\u00a0", " ");

test.each([
  [0, "0 s"],
  [0.00042, "0.42 ms"],
  [0.18, "180 ms"],
  [0.9996, "1.0 s"],
  [3.21, "3.2 s"],
  [9.96, "10 s"],
  [59.6, "1 min"],
  [185, "3 min 5 s"],
  [3599.9, "1 h"],
  [4320, "1 h 12 min"],
  [90000, "25 h"],
])("duration of %d seconds", (seconds, text) => {
  expect(plain(duration(seconds))).toBe(text);
});

test.each([
  [0, "0 %"],
  [0.0001, "< 0.1 %"],
  [0.035, "3.5 %"],
  [0.0996, "10 %"],
  [0.5, "50 %"],
  [0.9962, "99.6 %"],
  [0.99999, "> 99.9 %"],
  [1, "100 %"],
])("percent of %d", (share, text) => {
  expect(plain(percent(share))).toBe(text);
});

test("counts, sizes and rates", () => {
  expect(count(231657)).toBe("231,657");
  expect(count(0)).toBe("0");
  expect(compact(124439808)).toBe("124M");
  expect(compact(38400)).toBe("38.4k");
  expect(compact(999.9)).toBe("1k");
  expect(compact(7)).toBe("7");
  expect(plain(bytes(4_200_000))).toBe("4.2 MB");
  expect(plain(bytes(12))).toBe("12 B");
  expect(rate(38412)).toBe("38,400/s");
  expect(plain(rate(58.43, "tokens"))).toBe("58.4 tokens/s");
  expect(plain(milliseconds(17.13))).toBe("17.1 ms");
  expect(plain(nats(1.834))).toBe("1.83 nats");
  expect(plain(bits(2.6449))).toBe("2.64 bits");
});

test("what is not known is a dash, and what is not finite says so", () => {
  expect(decimal(undefined, 2)).toBe("–");
  expect(count(undefined)).toBe("–");
  expect(nats(Number.NaN)).toBe("NaN");
  expect(percent(Number.POSITIVE_INFINITY)).toBe("∞");
});

test("a share with its interval", () => {
  expect(plain(percentInterval(0.035, [0.017, 0.07]))).toBe("3.5 % (1.7–7.0 %)");
  expect(plain(percentInterval(0, [0, 0.11]))).toBe("0 % (0.0–11.0 %)");
  expect(plain(percentInterval(0.97, [0.92, 0.99]))).toBe("97 % (92–99 %)");
});

test("the ends of an interval differ, and the share is between them", () => {
  expect(plain(percentInterval(0.0952, [0.0951, 0.11]))).toBe("9.5 % (9.5–11.0 %)");
  expect(plain(percentInterval(0.223, [0.2222, 0.2238]))).toBe("22.3 % (22.2–22.4 %)");
  expect(plain(percentInterval(0, [0, 0.0004]))).toBe("0.00 % (0.00–0.04 %)");
  expect(plain(percentInterval(1, [0.9996, 1]))).toBe("100.00 % (99.96–100.00 %)");
  expect(plain(percentInterval(0.00002, [0.00001, 0.00004]))).toBe("0.002 % (0.001–0.004 %)");
});
