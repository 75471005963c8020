import { stripVTControlCharacters } from "node:util";
import picocolors from "picocolors";
import { describe, expect, it } from "vitest";
import { displayWidth } from "../output/layout.ts";
import type { Editor } from "./editor.ts";
import { drawScreen } from "./screen.ts";

const colours = picocolors.createColors(true);
const plain = picocolors.createColors(false);
const editor: Editor = {
  text: "Why did the chi",
  suggestions: [
    { text: "cken", probability: 0.812 },
    { text: "ps \u001b[2J", probability: 0.0004 },
  ],
  chosen: 0,
};

describe("the screen", () => {
  it("shows the completion in grey, and the list with the words as they would become", () => {
    const { lines, cursor } = drawScreen(editor, { columns: 40, rows: 20 }, colours);
    expect(lines[0]).toBe(`Why did the chi${colours.dim("cken")}`);
    expect(cursor).toEqual({ row: 0, column: 15 });
    expect(stripVTControlCharacters(lines[2]!)).toMatch(/^> 1 chicken +81 %$/);
    expect(lines[3]).toMatch(/^ {2}2 chips \\x1b\[2J +<0\.1 %$/);
  });

  it("marks the completion where there are no colours", () => {
    expect(drawScreen(editor, { columns: 40, rows: 20 }, plain).lines[0]).toBe("Why did the chi[cken]");
  });

  it.each([1, 2, 5, 7, 15, 16, 19, 20, 33, 80])(
    "fits %i columns, with the cursor after the text",
    (columns) => {
      for (const rows of [1, 3, 8, 24]) {
        const { lines, cursor } = drawScreen(editor, { columns, rows }, colours);
        expect(lines.length).toBeLessThanOrEqual(rows);
        expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
        expect(cursor.column).toBe(15 % columns);
        expect(cursor.row).toBeLessThan(rows);
        if (rows === 24) expect(cursor.row).toBe(Math.floor(15 / columns));
      }
    },
  );

  it("keeps the end of a long text in view", () => {
    const long = { ...editor, text: `${"lorem ipsum ".repeat(80)}end` };
    const { lines, cursor } = drawScreen(long, { columns: 30, rows: 8 }, plain);
    expect(lines[cursor.row]!.slice(0, cursor.column)).toMatch(/end$/);
    expect(lines.some((line) => line.startsWith("> 1"))).toBe(true);
  });

  it("breaks before a wide character that does not fit", () => {
    const { lines, cursor } = drawScreen(
      { text: "ab漢字", suggestions: [], chosen: 0 },
      { columns: 5, rows: 9 },
      plain,
    );
    expect(lines.slice(0, 2)).toEqual(["ab漢", "字"]);
    expect(cursor).toEqual({ row: 1, column: 2 });
  });
});
