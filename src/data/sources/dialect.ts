/**
 * How a table is written, judged by its beginning: the delimiter, and whether its first row names the columns. In
 * doubt the first row is a text, so that none is lost.
 */
import { UsageError } from "../../core/errors.ts";
import { isColumnName } from "./column.ts";
import type { CsvLibrary } from "./format.ts";

/** What ends a row, wherever in the file. */
export const rowEnds = ["\r\n", "\n", "\r"];

/** The delimiter of a file with one column: a character that no text has. */
export const noDelimiter = "\0";

const delimiters = [",", ";", "\t", "|"] as const;
const names: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "bars",
  [noDelimiter]: "nothing: it has one column",
};

/** Such as "semicolons". */
export const delimiterName = (delimiter: string): string => names[delimiter] ?? JSON.stringify(delimiter);

/** The delimiter that an option names. */
export function delimiterNamed(name: string): string {
  const named =
    { none: noDelimiter, tab: "\t", "\\t": "\t", comma: ",", semicolon: ";" }[name.toLowerCase()] ?? name;
  if ([...named].length === 1 && !/["\r\n]/.test(named)) return named;
  throw new UsageError(
    `${JSON.stringify(name)} cannot separate cells; give one character such as ";", tab, or none for one column.`,
    { option: "delimiter", value: name },
  );
}

/** The length of a first line `sep=;`, as Excel reads and writes it, and what it names. */
export function separatorLine(
  head: string,
): { readonly length: number; readonly delimiter: string } | undefined {
  const [line, delimiter] = /^"?sep=(.|\\t)"?(?:\r\n|\n|\r)/i.exec(head) ?? [];
  return line === undefined ? undefined : { length: line.length, delimiter: delimiterNamed(delimiter!) };
}

/**
 * What separates the cells of a table that begins with `head`: the delimiter that gives the most rows the same
 * number of cells, two or more, the first row among them.
 * @param whole whether `head` is all of it
 * @param usual the delimiter that the file's name implies, taken where others are no better
 */
export function delimiterOf(csv: CsvLibrary, head: string, whole: boolean, usual: string): string {
  let best: { delimiter: string; share: number } | undefined;
  for (const delimiter of new Set([usual, ...delimiters])) {
    const rows = rowsOf(csv, head, whole, delimiter);
    const first = cellsIn(rows[0] ?? []);
    if (first < 2) continue;
    const share = rows.filter((row) => cellsIn(row) === first).length / rows.length;
    // A row of names is not a text with a comma in it: a file that goes on otherwise is at fault.
    const certain = rows[0]!.filter(isColumnName).length > 0 && rows[0]!.every((cell) => cell.length < 40);
    const worth = certain ? Math.max(share, 0.5) : share;
    if (worth >= 0.5 && (!best || worth > best.share)) best = { delimiter, share: worth };
  }
  return best?.delimiter ?? noDelimiter;
}

/** How many cells a row has, empty ones at its end not counted. */
function cellsIn(row: readonly string[]): number {
  return row.findLastIndex((cell) => cell !== "") + 1;
}

const rowsLooked = 500;

function rowsOf(csv: CsvLibrary, head: string, whole: boolean, delimiter: string): string[][] {
  const rows: string[][] = [];
  try {
    csv.rows(head, {
      delimiter,
      record_delimiter: rowEnds,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      to: rowsLooked,
      on_record: (row: string[]) => {
        rows.push(row);
        return null;
      },
    });
  } catch {
    // A quote that is open where the head ends; the rows before it are enough.
  }
  // The last row may be cut off.
  return whole || rows.length < 2 || rows.length === rowsLooked ? rows : rows.slice(0, -1);
}

/**
 * Whether the first of these rows names the columns: it has a name that people give to columns, or a name above
 * numbers, or one word above sentences.
 */
export function hasHeader(rows: readonly (readonly string[])[]): boolean {
  const [first = [], ...body] = rows;
  if (first.some(isColumnName)) return true;
  if (first.length > 1 && first.some((cell) => plainNames.has(cell.trim().toLowerCase()))) return true;
  // A table of pandas without names: an empty cell above the row numbers, then 0, 1, 2.
  if (first.length > 1 && first.every((cell, c) => cell === (c === 0 ? "" : String(c - 1)))) return true;
  if (
    first.some(
      (cell) =>
        /^[\p{L}\p{N}_.-]+$/u.test(cell) && cell.split(/[_.-]|(?<=\p{Ll})(?=\p{Lu})/u).some(isColumnName),
    )
  )
    return true;
  if (first.some(isValue)) return false;
  const cells = (c: number) => body.map((row) => row[c] ?? "").filter((cell) => cell.trim() !== "");
  const columns = first.map((name, c) => ({ name: name.trim(), cells: cells(c) }));
  if (columns.some(({ name, cells }) => name !== "" && cells.length > 0 && cells.every(isValue))) return true;
  // What comes again below is no name; nor is a sentence.
  if (columns.some(({ name, cells }) => name !== "" && (!isName(name) || cells.includes(name)))) return false;
  return columns.some(({ name, cells }) => {
    const sentences = cells.filter(
      (cell) => cell.trim().split(/\s+/).length >= 3 && cell.length > 2 * name.length,
    );
    return name !== "" && cells.length > 0 && sentences.length >= 0.8 * cells.length;
  });
}

/**
 * Whether `head`, the beginning of a file of lines, is a table after all: its first row has the name of a column of
 * texts among other names, and all rows have as many cells.
 */
export function looksLikeTable(csv: CsvLibrary, head: string, whole: boolean): boolean {
  if (separatorLine(head)) return true;
  const delimiter = delimiterOf(csv, head, whole, ",");
  if (delimiter === noDelimiter) return false;
  const rows = rowsOf(csv, head, whole, delimiter);
  const [first = []] = rows;
  return (
    rows.length > 1 &&
    first.some(isColumnName) &&
    first.every((cell) => cell.trim() === "" || isColumnName(cell) || isName(cell)) &&
    rows.every((row) => row.length === first.length)
  );
}

/** Names of columns that are neither texts nor prompts. */
const plainNames = new Set(
  "id index idx no nr number label labels class category categories tag tags topic type score rating votes upvotes date time timestamp year author user username source url link lang language split subreddit".split(
    " ",
  ),
);

/** One word. */
const isName = (cell: string): boolean => /^[\p{L}_#][\p{L}\p{M}\p{N}_.#-]{0,39}$/u.test(cell.trim());

/** A number, a date or a yes or no. */
function isValue(cell: string): boolean {
  const text = cell.trim();
  return (
    (/\d/.test(text) && /^[-+$€£]?[\d.,:%/\-T Z+]+(?:e[-+]?\d+)?$/i.test(text)) ||
    /^(?:true|false|null|nan)$/i.test(text)
  );
}
