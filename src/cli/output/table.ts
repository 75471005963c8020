/**
 * Tables for a terminal: plain text, at most `width` columns wide. Control characters in texts (a model may write an
 * escape sequence) are made visible.
 *
 * @example
 * table(["model", right("loss")], [["char-lstm", "1.71"]]);
 */
import { visible } from "../../core/printable.ts";
import { displayWidth, pad, truncate, wrap } from "./layout.ts";

export interface Column {
  readonly header: string;
  /** Default `left`. */
  readonly align?: "left" | "right" | undefined;
  /** Shrink first if the table is too wide, by breaking lines between words. Default false. */
  readonly wrap?: boolean | undefined;
}

/** A column of numbers. */
export const right = (header: string): Column => ({ header, align: "right" });

const gap = 2;

export interface TableOptions {
  /** Columns of the terminal. Default 80. */
  readonly width?: number | undefined;
  /** The first so many columns stay where there is not room for all; others are left out, the last first. Default: all. */
  readonly keep?: number | undefined;
}

/** Header, a rule, and the rows; a column is a name, or more about it. Lines are joined by `\n`, without one at the end. */
export function table(
  named: readonly (Column | string)[],
  rows: readonly (readonly string[])[],
  { width = 80, keep = named.length }: TableOptions = {},
): string {
  const all = named.map((column): Column => (typeof column === "string" ? { header: column } : column));
  const found = rows.map((r) => all.map((_, i) => visible(r[i] ?? "")));
  const wanted = all.map((c, i) =>
    Math.max(displayWidth(c.header), ...found.map((r) => displayWidth(r[i]!)), 1),
  );
  let shown = all.length;
  while (shown > keep && wanted.slice(0, shown).reduce((a, b) => a + b + gap, -gap) > width) shown--;
  const [columns, natural] = [all.slice(0, shown), wanted.slice(0, shown)];
  const cells = found.map((row) => row.slice(0, shown));
  const widths = shrink(natural, columns, Math.max(1, width - gap * (columns.length - 1)));
  const padded = (p: string, i: number) => pad(p, widths[i]!, columns[i]!.align);
  const line = (parts: readonly string[]) => parts.map(padded).join(" ".repeat(gap)).trimEnd();
  const block = (row: readonly string[]): readonly string[] => {
    const broken = row.map((t, i) => (columns[i]!.wrap ? wrap(t, widths[i]!) : [truncate(t, widths[i]!)]));
    const height = Math.max(1, ...broken.map((b) => b.length));
    return Array.from({ length: height }, (_, k) => line(broken.map((b) => b[k] ?? "")));
  };
  const total = widths.reduce((a, b) => a + b, 0) + gap * (columns.length - 1);
  return [...block(columns.map((c) => c.header)), "─".repeat(total), ...cells.flatMap(block)].join("\n");
}

/** Narrows the widest columns to fit `room`, first those that wrap, in steps down to 16, 6 and 1 columns. */
function shrink(natural: readonly number[], columns: readonly Column[], room: number): readonly number[] {
  const widths = [...natural];
  const total = () => widths.reduce((a, b) => a + b, 0);
  for (const [least, may] of [
    [16, (i: number) => columns[i]!.wrap === true],
    [6, () => true],
    [1, () => true],
  ] as const) {
    while (total() > room) {
      let widest = -1;
      for (let i = 0; i < widths.length; i++) {
        if (may(i) && widths[i]! > least && (widest < 0 || widths[i]! > widths[widest]!)) widest = i;
      }
      if (widest < 0) break;
      widths[widest]! -= 1;
    }
  }
  return widths;
}
