/** The values of a chart of lines as a table: what the picture shows, for those who read or hear it. */
import type { ScaleOptions } from "@observablehq/plot";
import { significant } from "../format.ts";
import type { Html } from "../html.ts";
import { type Column, dataTable, numbers } from "../table.ts";

/** Rows of the table for each line, at most; of longer lines, some are left out evenly. */
const MOST = 40;

interface NamedLine {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

interface LineValues {
  /** The positions along x of the table's rows. */
  readonly across: readonly number[];
  readonly table: Html | undefined;
}

export function lineValues(
  title: string,
  {
    lines,
    x,
    y,
  }: { readonly lines: readonly NamedLine[]; readonly x: ScaleOptions; readonly y: ScaleOptions },
): LineValues {
  const shown = lines.filter(({ points }) => points.length > 0);
  const across = [...new Set(shown.flatMap(kept))].sort((a, b) => a - b);
  if (across.length < 2) return { across: [], table: undefined };
  const columns: readonly Column<number>[] = [
    { header: nameOf(x, "x"), cell: (at) => significant(at, 4) },
    ...shown.map(({ label, points }) => {
      const values = new Map(points.map((point) => [point.x, point.y]));
      return numbers<number>(label, (at) => {
        const value = values.get(at);
        return value === undefined ? "" : significant(value, 3);
      });
    }),
  ];
  const caption = `${title}; ${nameOf(y, "y")}`;
  return { across, table: dataTable<number>({ caption, columns, rows: across }) };
}

const nameOf = ({ label }: ScaleOptions, fallback: string): string =>
  typeof label === "string" ? label : fallback;

/** The positions of a line's points, or of as many as there are rows for, with the last. */
function kept({ points }: NamedLine): readonly number[] {
  const step = Math.max(1, (points.length - 1) / (MOST - 1));
  const places = new Set(
    Array.from({ length: MOST }, (_, i) => Math.min(points.length - 1, Math.round(i * step))),
  );
  return [...places].map((place) => points[place]!.x);
}
