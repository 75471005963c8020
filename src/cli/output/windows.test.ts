import picocolors from "picocolors";
import { describe, expect, it } from "vitest";
import { visibleToken } from "../../core/printable.ts";
import type { TrainingWindow } from "../../data/batches/window.ts";
import { displayWidth } from "./layout.ts";
import { windowLines } from "./windows.ts";

const plain = picocolors.createColors(false);
const coloured = picocolors.createColors(true);

/** A window of characters whose ids are 10, 11, and so on. */
function windowOf(text: string, more: Partial<TrainingWindow> = {}): TrainingWindow {
  const letters = [...text];
  const [pieces, label_pieces] = [letters.slice(0, -1), letters.slice(1)];
  const ids = pieces.map((_, i) => 10 + i);
  const labels = ids.map((id) => id + 1);
  const place = { kind: "shuffled", predicts: "each", batch: 0, row: 1, rows: 4, continues: false } as const;
  const documents = [[0, ids.length]] as const;
  return { ...place, text: pieces.join(""), pieces, ids, labels, label_pieces, documents, ...more };
}

describe("a window in a terminal", () => {
  it("has what is read above what is learned", () => {
    expect(windowLines(windowOf("a b\nc"), 40, plain)).toEqual([
      "Batch 1, row 2 of 4: a window by itself",
      "    a b⏎",
      "",
      "  x a  ␣  b  ⏎",
      "    10 11 12 13",
      "  y ␣  b  ⏎  c",
      "    11 12 13 14",
    ]);
  });

  it("keeps columns of wide letters in line", () => {
    const lines = windowLines(windowOf("a日🎉b"), 40, plain);
    const ends = lines.slice(3).map((line) => displayWidth(line));
    expect(lines[3]).toBe("  x a  日 🎉");
    expect(ends).toEqual([12, 12, 11, 12]);
  });

  it("says where nothing is learned and where texts end, without colours too", () => {
    const window = windowOf("ab?c", {
      kind: "blocks",
      pieces: ["a", "b", "c", "."],
      ids: [1, 2, 3, 0],
      labels: [null, 5, 6, null],
      label_pieces: [null, "x", "y", null],
      documents: [
        [0, 2],
        [2, 3],
      ],
    });
    expect(windowLines(window, 40, plain).slice(2)).toEqual([
      "",
      "  x a b│c",
      "    1 2│3",
      "  y · x│y",
      "      5│6",
      "",
      "    then 1 place of padding, where",
      "    nothing is learned",
    ]);
  });

  it.each([20, 40, 80])("of any length fits %i columns, and a long one is cut", (width) => {
    const window = windowOf("The hen, the fox and the toad. ".repeat(40));
    for (const style of [plain, coloured])
      for (const line of windowLines(window, width, style))
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect(windowLines(window, width, plain).join("\n")).toMatch(/… \d+ more;/);
  });
});

it.each([
  ["\t", "⇥"],
  [" the", "␣the"],
  ["\x1b[31m", "\\x1b[31m"],
  ["\u200d", "\\u200d"],
  ["\u202e", "\\u202e"],
  ["\u0301", "◌\u0301"],
  ["\u{e0061}", "\\ue0061"],
])("%j is shown as %j", (piece, shown) => {
  expect(visibleToken(piece)).toBe(shown);
  expect(displayWidth(shown)).toBeGreaterThan(0);
});
