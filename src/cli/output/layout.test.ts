/** Widths and wrapping, against texts set by hand. */
import { expect, test } from "vitest";
import { formatBytes, formatDuration, formatRate } from "./format.ts";
import { definitions, displayWidth, truncate, wrap } from "./layout.ts";

test("width counts columns, not code units", () => {
  expect(displayWidth("abc")).toBe(3);
  expect(displayWidth("\u001b[1mabc\u001b[22m")).toBe(3);
  expect(displayWidth("e\u0301")).toBe(1);
  expect(displayWidth("漢字")).toBe(4);
  expect(displayWidth("😀")).toBe(2);
});

test("truncate keeps within the width", () => {
  expect(truncate("abcdef", 6)).toBe("abcdef");
  expect(truncate("abcdefg", 6)).toBe("abcde…");
  expect(truncate("漢字漢字", 6)).toBe("漢字…");
});

test("wrap breaks at spaces, inside an overlong word, and keeps newlines", () => {
  expect(wrap("a bb ccc", 4)).toEqual(["a bb", "ccc"]);
  expect(wrap("a incomprehensible b", 6)).toEqual(["a", "incomp", "rehens", "ible b"]);
  expect(wrap("a\n\nb", 6)).toEqual(["a", "", "b"]);
  expect(wrap("日本語", 4)).toEqual(["日本", "語"]);
  expect(wrap("ab c\u00a0d", 4)).toEqual(["ab", "c d"]);
});

test("definitions align, and an overlong term gets its own line", () => {
  const lines = definitions(
    [
      ["-a", "one two three"],
      ["--a-very-long-term-indeed", "four"],
    ],
    30,
  );
  expect(lines).toEqual(["  -a  one two three", "  --a-very-long-term-indeed", "      four"]);
});

test("rates, durations and sizes read well on both sides of a unit's edge", () => {
  expect([0.4217, 12.34, 999.4, 999.6, 38_123, 1_204_000].map(formatRate)).toEqual([
    "0.42",
    "12.3",
    "999",
    "1.00k",
    "38.1k",
    "1.20M",
  ]);
  expect([0.83, 38.2, 59.6, 130, 3599.7, 3900].map(formatDuration)).toEqual([
    "0.8s",
    "38s",
    "1m 00s",
    "2m 10s",
    "1h 00m",
    "1h 05m",
  ]);
  expect([512, 1536, 2_300_000_000].map(formatBytes)).toEqual(["512 B", "1.54 kB", "2.30 GB"]);
});
