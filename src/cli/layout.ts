/** Text set for a terminal: display width, wrapping, aligned terms and tables. */
import { stripVTControlCharacters } from "node:util";

const wide =
  /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u;
const invisible = /\p{Mark}|\p{Control}|\p{Format}/u;

/** Columns that `text` takes on a terminal; styles take none, East Asian characters and emoji two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    width += invisible.test(character) ? 0 : wide.test(character) ? 2 : 1;
  }
  return width;
}

/** `text`, cut with an ellipsis where it is wider than `width` columns. Styles are lost in a cut text. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const character of stripVTControlCharacters(text)) {
    used += displayWidth(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/**
 * Lines of at most `width` columns, broken at spaces; a longer word stands alone. Newlines are kept, and
 * a no-break space comes out as a space that was not broken at.
 */
export function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && displayWidth(longer) > width) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line].map((done) => done.replaceAll("\u00a0", " "));
  });
}

/** Pads `text` with spaces to `width` columns, on its right or, for numbers, on its left. */
function pad(text: string, width: number, side: "left" | "right" = "right"): string {
  const spaces = " ".repeat(Math.max(0, width - displayWidth(text)));
  return side === "left" ? spaces + text : text + spaces;
}

/** Terms with their explanations beside them; an overlong term stands on its own line. */
export function definitions(
  items: readonly (readonly [term: string, explanation: string])[],
  columns: number,
  { indent = 2, termWidth = termWidthOf(items, columns) } = {},
): string[] {
  const gap = indent + termWidth + 2;
  return items.flatMap(([term, explanation]) => {
    const lines = wrap(explanation, Math.max(20, columns - gap));
    const rest = lines.map((line) => " ".repeat(gap) + line);
    if (displayWidth(term) > termWidth) return [" ".repeat(indent) + term, ...rest];
    return [`${" ".repeat(indent)}${pad(term, termWidth)}  ${lines[0] ?? ""}`.trimEnd(), ...rest.slice(1)];
  });
}

/** The column that terms get: the widest of them, but at most 40 % of the line. */
export function termWidthOf(items: readonly (readonly [string, string])[], columns: number): number {
  const limit = Math.floor(columns * 0.4);
  return Math.max(0, ...items.map(([term]) => displayWidth(term)).filter((width) => width <= limit));
}

export type Cell = string | number | null | undefined;

export interface TableOptions {
  readonly columns: number;
  /** Styles the header's cells. */
  readonly header?: (text: string) => string;
  readonly indent?: number;
  /** Columns of ready-made figures that are set to the right as numbers are. */
  readonly alignRight?: readonly number[];
}

/**
 * A table with a header row. A column whose cells are all numbers (or empty) is set to the right; where
 * the whole is wider than `columns`, the widest text column is cut.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): string {
  const shown = rows.map((row) => header.map((_, i) => cellText(row[i])));
  const isNumber = (cell: Cell) => cell === null || cell === undefined || typeof cell === "number";
  const numeric = header.map(
    (_, i) => options.alignRight?.includes(i) || rows.every((row) => isNumber(row[i])),
  );
  const widths = header.map((title, i) =>
    Math.max(displayWidth(title), ...shown.map((row) => displayWidth(row[i]!))),
  );
  const indent = options.indent ?? 0;
  const room = options.columns - indent - 2 * (header.length - 1);
  const excess = widths.reduce((sum, width) => sum + width, 0) - room;
  if (excess > 0) {
    const widest = widths.reduce(
      (best, width, i) => (!numeric[i] && (best < 0 || width > widths[best]!) ? i : best),
      -1,
    );
    if (widest >= 0) widths[widest] = Math.max(8, widths[widest]! - excess);
  }
  const line = (cells: readonly string[], style = (text: string) => text) =>
    (
      " ".repeat(indent) +
      cells
        .map((cell, i) => style(pad(truncate(cell, widths[i]!), widths[i]!, numeric[i] ? "left" : "right")))
        .join("  ")
    ).trimEnd();
  return [line(header, options.header), ...shown.map((row) => line(row))].join("\n");
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "number" ? cell.toLocaleString("en-US", { maximumFractionDigits: 4 }) : cell;
}
