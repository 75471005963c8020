/** Words and units of the studio's page. */
import { expect, test } from "vitest";
import { timeLeft } from "../studio/ui/time-left.ts";

test("what is left is said in seconds, or in minutes where they are many", () => {
  expect([0, 0.2, 42, 99].map(timeLeft)).toEqual(["0 s left", "1 s left", "42 s left", "99 s left"]);
  expect([99.5, 120, 1742].map(timeLeft)).toEqual(["2 min left", "2 min left", "30 min left"]);
});
