import { expect, it } from "vitest";
import { gridSizes, gridTables } from "./grid.ts";
import { displayWidth } from "./layout.ts";

const grid = {
  columns: [
    { layers: 1, width: 64 },
    { layers: 1, width: 128 },
    { layers: 2, width: 64 },
  ],
  rows: [
    { model: "char-rnn", bits_per_character: [2.5, 2.25, null] },
    { model: "char-lstm", bits_per_character: [2.125, 2, 2.0625] },
  ],
};

it("has architectures as rows and sizes as columns, the lowest with a mark", () => {
  expect(gridSizes(grid)).toBe("layers x width");
  expect(gridTables(grid, 80)).toEqual([
    [
      "model       1x64   1x128   2x64",
      "───────────────────────────────",
      "char-rnn   2.500   2.250      -",
      "char-lstm  2.125  *2.000  2.063",
    ].join("\n"),
  ]);
});

it("is several tables where it is wider than the terminal", () => {
  const parts = gridTables(grid, 25);
  expect(parts).toHaveLength(2);
  expect(parts.every((part) => part.includes("char-lstm"))).toBe(true);
  for (const line of parts.join("\n").split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(25);
});
