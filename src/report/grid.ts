/** The grid of a comparison of sizes: architectures as rows, sizes as columns, the lowest value of all in bold. */
import type { Grid } from "../compare/grid.ts";
import { decimal } from "./format.ts";
import { type Html, html } from "./html.ts";
import { dataTable, numbers } from "./table.ts";

type Row = Grid["rows"][number];

export function gridTable({ columns, rows }: Grid): Html {
  const [first = {}] = columns;
  const axes = Object.keys(first);
  const lowest = Math.min(
    ...rows.flatMap(({ bits_per_character }) => bits_per_character.map((value) => value ?? Infinity)),
  );
  const cell = (value: number | null | undefined) => {
    if (value === null || value === undefined) return "–";
    const text = decimal(value, 2);
    return value === lowest ? html`<strong>${text}</strong>` : text;
  };
  const header = (column: (typeof columns)[number]) => axes.map((axis) => String(column[axis])).join(" × ");
  return dataTable<Row>({
    caption: `Bits per character by architecture and ${axes.join(" × ")}, the lowest in bold`,
    columns: [
      { header: "Model", cell: ({ model }) => model },
      ...columns.map((column, c) =>
        numbers<Row>(header(column), ({ bits_per_character }) => cell(bits_per_character[c])),
      ),
    ],
    rows,
  });
}
