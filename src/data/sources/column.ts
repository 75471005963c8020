/** Which column of a table, or field of a record, holds the text, and which what it answers. */
import { didYouMean, InputError } from "../../core/errors.ts";

/** Names that people give to the text, most telling first; compared without case. */
const textColumnNames = [
  "joke",
  "jokes",
  "text",
  "body",
  "content",
  "sentence",
  "line",
  "quote",
  "message",
  "tweet",
  "post",
  "document",
  "review",
  "headline",
  "title",
  "name",
] as const;

/** How many rows are looked at before a column is chosen. */
export const sampleRows = 200;

/** Columns as they are asked for. */
export interface WantedColumns {
  readonly column?: string;
  readonly promptColumn?: string;
}

/** Columns as they were found. */
export interface Columns {
  readonly text: string;
  readonly prompt?: string;
}

/**
 * The column of texts, and that of prompts: the one asked for, or `prompt` beside a `completion` where nothing was.
 * @throws InputError `no-column` as {@link chooseColumn} does
 */
export function chooseColumns(
  file: string,
  columns: readonly string[],
  sample: readonly (readonly unknown[])[],
  { column, promptColumn }: WantedColumns,
): Columns {
  const named = (name: string) => columns.find((c) => c.trim().toLowerCase() === name);
  const completion = named("completion");
  const asked = column === undefined && completion !== undefined ? named("prompt") : undefined;
  if (promptColumn === undefined && asked === undefined)
    return { text: chooseColumn(file, columns, sample, column) };
  const prompt = promptColumn === undefined ? asked! : chooseColumn(file, columns, sample, promptColumn);
  const others = columns.map((_, i) => i).filter((i) => columns[i] !== prompt);
  const text = chooseColumn(
    file,
    others.map((i) => columns[i]!),
    sample.map((row) => others.map((i) => row[i])),
    column ?? completion,
  );
  return { text, prompt };
}

/**
 * The name among `columns` that holds the text: `wanted` where given, else the best of
 * {@link textColumnNames}, else the column whose texts in `sample` are longest on average.
 * @param sample rows; cell [r][c] of column c, anything that is not a text is passed over.
 * @throws InputError `no-column` with the file, the columns there are and what to do.
 */
function chooseColumn(
  file: string,
  columns: readonly string[],
  sample: readonly (readonly unknown[])[],
  wanted?: string,
): string {
  if (wanted !== undefined) {
    const exact = columns.find((name) => name === wanted);
    const found = exact ?? columns.find((name) => name.toLowerCase() === wanted.toLowerCase());
    if (found !== undefined) return found;
    throw new InputError(
      "no-column",
      `${file} has no column ${JSON.stringify(wanted)}; ${didYouMean(wanted, columns)}`,
      { file, columns },
    );
  }
  for (const known of textColumnNames) {
    const found = columns.find((name) => name.trim().toLowerCase() === known);
    if (found !== undefined) return found;
  }
  let best: string | undefined;
  let bestLength = 0;
  for (const [c, name] of columns.entries()) {
    const texts = sample.map((row) => row[c]).filter((cell): cell is string => isText(cell));
    const length = texts.reduce((sum, text) => sum + text.length, 0) / Math.max(1, sample.length);
    if (length > bestLength) [best, bestLength] = [name, length];
  }
  if (best !== undefined) return best;
  throw new InputError(
    "no-column",
    `${file} has no column of texts; its columns are ${columns.map((name) => JSON.stringify(name)).join(", ") || "none"}. ` +
      "Name the text column with --column, or give a file that has one.",
    { file, columns },
  );
}

/** A string that is more than a number, a date or an identifier without any letter. */
function isText(cell: unknown): boolean {
  return typeof cell === "string" && /\p{L}/u.test(cell) && !/^(?:true|false|null|nan)$/i.test(cell);
}
