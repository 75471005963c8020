import { expect, test } from "vitest";
import { sparkline } from "./sparkline.ts";

test("a sparkline goes from the lowest to the highest block", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([3, 3])).toBe("▄▄");
  expect(sparkline([])).toBe("");
  expect(sparkline([1, Number.NaN, 2])).toBe("▁ █");
  expect(
    sparkline(
      Array.from({ length: 1000 }, (_, i) => i),
      10,
    ),
  ).toHaveLength(10);
});
