/** The grid of a comparison of sizes for a terminal: architectures as rows, sizes as columns. */
import { type Grid, sizeText } from "../../compare/grid.ts";
import { displayWidth } from "./layout.ts";
import { right, table } from "./table.ts";

/** Columns between two of a table. */
const GAP = 2;

/** What the columns say, such as `layers x width`. */
export const gridSizes = ({ columns: [first = {}] }: Grid): string => Object.keys(first).join(" x ");

/** One table, or several with some of the columns each where they do not fit beside each other. */
export function gridTables({ columns, rows }: Grid, width: number): string[] {
  const lowest = Math.min(
    ...rows.flatMap(({ bits_per_character }) => bits_per_character.map((v) => v ?? Infinity)),
  );
  const cell = (value: number | null) =>
    value === null ? "-" : `${value === lowest ? "*" : ""}${value.toFixed(3)}`;
  const cells = columns.map((_, c) =>
    rows.map(({ bits_per_character }) => cell(bits_per_character[c] ?? null)),
  );
  const headers = columns.map(sizeText);
  const widths = cells.map((column, c) => Math.max(...[headers[c]!, ...column].map(displayWidth)));
  const names = rows.map(({ model }) => model);
  const first = Math.max(displayWidth("model"), ...names.map(displayWidth));
  const parts: number[][] = [];
  let room = 0;
  for (const [c, needed] of widths.entries()) {
    if (parts.length === 0 || needed + GAP > room) {
      parts.push([]);
      room = width - first;
    }
    parts.at(-1)!.push(c);
    room -= needed + GAP;
  }
  return parts.map((part) =>
    table(
      ["model", ...part.map((c) => right(headers[c]!))],
      names.map((name, r) => [name, ...part.map((c) => cells[c]![r]!)]),
      { width },
    ),
  );
}
