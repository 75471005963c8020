import { crc32 as zlibs } from "node:zlib";
import { expect, test } from "vitest";
import { crc32 } from "./crc32.ts";

test("sums are those of zlib, whatever the length", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) >> 3);
  for (const length of [0, 1, 3, 4, 5, 7, 8, 999, 1000])
    expect(crc32(bytes.subarray(0, length)), String(length)).toBe(zlibs(bytes.subarray(0, length)));
});
