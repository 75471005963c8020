import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { gridTable } from "./grid.ts";

test("a grid has a column for each size, and the lowest value of all in bold", () => {
  const { markup } = gridTable({
    columns: [{ layers: 1 }, { layers: 2 }],
    rows: [
      { model: "char-rnn", bits_per_character: [2.5, null] },
      { model: "char-gru", bits_per_character: [2.125, 2.25] },
    ],
  });
  const { document } = parseHTML(`<main>${markup}</main>`);
  const cells = [...document.querySelectorAll("tr")].map((row) =>
    [...row.children].map((c) => c.textContent),
  );
  expect(cells).toEqual([
    ["Model", "1", "2"],
    ["char-rnn", "2.50", "–"],
    ["char-gru", "2.13", "2.25"],
  ]);
  expect(document.querySelector("caption")!.textContent).toContain("by architecture and layers");
  expect([...document.querySelectorAll("strong")].map((strong) => strong.textContent)).toEqual(["2.13"]);
});
