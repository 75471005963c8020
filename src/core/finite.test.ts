import { describe, expect, it } from "vitest";
import { requireFinite } from "./finite.ts";

describe("requireFinite", () => {
  it.each([NaN, Infinity, -Infinity])("finds %s at every place of arrays of every length", (odd) => {
    for (let length = 1; length <= 9; length++)
      for (let at = 0; at < length; at++)
        expect(() => requireFinite(new Float32Array(length).fill(-1).fill(odd, at, at + 1), "m")).toThrow(
          "m computes",
        );
  });

  it("takes numbers, also the largest", () => {
    for (let length = 0; length <= 9; length++) requireFinite(new Float32Array(length).fill(3.4e38), "m");
  });
});
