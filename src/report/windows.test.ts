import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import type { TrainingWindow } from "../train/windows.ts";
import type { Html } from "./html.ts";
import { windowsFigure } from "./windows.ts";

const window: TrainingWindow = {
  ...{ kind: "stream", predicts: "each", batch: 0, row: 0, rows: 1, continues: false },
  text: "<\nb",
  pieces: ["<", "\n", "b"],
  ids: [7, 8, 9],
  labels: [8, 9, null],
  label_pieces: ["\n", "b", null],
  documents: [
    [0, 1],
    [1, 3],
  ],
};

test("a window has what is learned below what is read, and a mark where a text begins", () => {
  const options = { id: "w", title: "Windows", command: "punchline data" };
  const figure = windowsFigure([window, { ...window, continues: true }], options) as Html;
  const { document } = parseHTML(`<main>${figure.markup}</main>`);
  const lists = [...document.querySelectorAll("ol.window")];
  expect(lists).toHaveLength(2);
  const items = [...lists[0]!.querySelectorAll("li:not(.labels)")];
  expect(items.map((item) => [...item.children].map((part) => part.textContent))).toEqual([
    ["<", "7", "⏎", "8"],
    ["⏎", "8", "b", "9"],
    ["b", "9", "·", ""],
  ]);
  expect(items.map((item) => item.className)).toEqual(["", "opens", ""]);
  const notes = [...document.querySelectorAll(".note")].map((note) => note.textContent);
  expect(notes).toEqual([expect.stringContaining("zeros"), expect.stringContaining("goes on")]);
  expect(windowsFigure([], options)).toBe(false);
});
