import { expect, test } from "vitest";
import { roomFor } from "./cache-room.ts";

test("a cache that is appended to in place moves seldom, and never has more room than the model sees", () => {
  let moved = 0;
  for (let room = 0, needed = 1; needed <= 1000; needed++) {
    if (needed <= room) continue;
    moved += needed - 1;
    room = roomFor(needed, 1000, room);
    expect(room).toBeGreaterThanOrEqual(needed);
    expect(room).toBeLessThanOrEqual(1000);
  }
  // Every 64 tokens it would be 7,680.
  expect(moved).toBeLessThan(1100);
});

test("elsewhere there is as little room as 64 tokens at a time allow", () => {
  expect([0, 1, 64, 65, 130, 990].map((needed) => roomFor(needed, 1000))).toEqual([
    64, 64, 64, 128, 192, 1000,
  ]);
});
