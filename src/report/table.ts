/** Tables of the page: with a caption, numbers aligned right, and small bars where a column has them. */
import { type Content, type Html, html } from "./html.ts";

export interface Column<Row> {
  readonly header: string;
  /** What the cell shows. */
  readonly cell: (row: Row) => Content;
  /** Numbers are aligned right, in figures of equal width. */
  readonly numeric?: boolean | undefined;
  /** Draws a bar of this length (0 to 1) under the number; undefined for none. */
  readonly bar?: ((row: Row) => number | undefined) | undefined;
}

/** A column of numbers. */
export const numbers = <Row>(
  header: string,
  cell: (row: Row) => Content,
  bar?: (row: Row) => number,
): Column<Row> => ({ header, cell, bar, numeric: true });

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Rows set apart from the rest, such as a reference or a total. */
  readonly strong?: ((row: Row) => boolean) | undefined;
}

/** The first column heads its row. A table that is too wide scrolls in its own frame. */
export function dataTable<Row>({ caption, columns, rows, strong }: TableOptions<Row>): Html {
  return html`<div class="table" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map((c) => html`<th scope="col"${c.numeric && html` class="number"`}>${c.header}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) =>
    html`<tr${strong?.(row) && html` class="strong"`}>${columns.map((c, i) => cellOf(row, c, i === 0))}</tr>
`,
)}</tbody></table></div>
`;
}

function cellOf<Row>(row: Row, column: Column<Row>, head: boolean): Html {
  const length = column.bar?.(row);
  const bar =
    length !== undefined &&
    html`<i class="bar" style="width:${Math.round(Math.min(1, Math.max(0, length)) * 1000) / 10}%"></i>`;
  const kind = column.numeric && html` class="number"`;
  return head
    ? html`<th scope="row"${kind}>${column.cell(row)}${bar}</th>`
    : html`<td${kind}>${column.cell(row)}${bar}</td>`;
}

/** Settings by name, in as many columns as there is room for. */
export function settings(
  values: Readonly<Record<string, string | number | boolean>>,
  write: (value: number) => string = String,
): Html {
  return html`<dl class="settings">${Object.entries(values).map(
    ([name, value]) =>
      html`<div><dt>${name}</dt><dd>${typeof value === "number" ? write(value) : String(value)}</dd></div>`,
  )}</dl>
`;
}
