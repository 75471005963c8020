import { describe, expect, test } from "vitest";
import { sizeFor } from "./characters.ts";

const characters = 190_000;
const widths = (seconds: number, speeds: readonly number[]) =>
  speeds.map((speed) => sizeFor(speed, seconds, characters).width);

describe("sizeFor", () => {
  test("is wide where there is time for it, and narrower the less there is", () => {
    expect(sizeFor(66_000, 180, characters).width).toBe(512);
    expect(widths(30, [200_000, 100_000, 60_000, 30_000, 1_000])).toEqual([384, 256, 192, 128, 128]);
  });

  test("a narrow network, which cannot remember much, is not dropped out", () => {
    expect(sizeFor(1_000, 30, characters).dropout).toBe(0);
    expect(sizeFor(66_000, 180, characters).dropout).toBeGreaterThan(0);
  });
});
