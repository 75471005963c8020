import { expect, it } from "vitest";
import { sparkline } from "./sparkline.ts";

it("a curve in one line goes from its highest to its lowest value", () => {
  expect(sparkline([8, 4.5, 1], 10)).toBe("█▅▁");
  expect(sparkline([9, 7, 2, 0], 2)).toBe("█▁");
  expect(sparkline([3, 3], 5)).toBe("▁▁");
  expect(sparkline([], 5)).toBe("");
});
