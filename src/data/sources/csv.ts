/** Texts from .csv and .tsv, by csv-parse, in pieces: a large file is never held whole. */
import type { CsvError, Parser } from "csv-parse";
import { InputError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import type { FileBytes } from "./bytes.ts";
import { chooseColumns, sampleRows } from "./column.ts";
import { textChunks } from "./decode.ts";
import {
  delimiterName,
  delimiterNamed,
  delimiterOf,
  hasHeader,
  noDelimiter,
  rowEnds,
  separatorLine,
} from "./dialect.ts";
import type { FileFormat, ReadOptions, Texts } from "./format.ts";
import { defaultMaxLine } from "./lines.ts";
import { type Columns, textsOf } from "./pairs.ts";

/**
 * Comma-separated as RFC 4180 has it, with any mixture of line ends; what separates the cells, and whether the first
 * row names the columns, is found out from the beginning of the file.
 */
export const csvFormat: FileFormat = {
  name: "csv",
  extensions: [".csv"],
  read: (file, options) => readTable(file, options, ","),
};

/** Tab-separated. Quotes count only around a whole cell; elsewhere they are ordinary characters. */
export const tsvFormat: FileFormat = {
  name: "tsv",
  extensions: [".tsv", ".tab"],
  read: (file, options) => readTable(file, options, "\t"),
};

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

async function* readTable(file: FileBytes, options: ReadOptions, usual: string): AsyncGenerator<Texts> {
  let lastLine = 0;
  let emptyLines = 0;
  let failure: Error | undefined;
  let rows: Row[] = [];
  let relaxed = false;
  const collect = (cells: string[], { empty_lines: empty }: { readonly empty_lines: number }): null => {
    // The parser's own count of lines takes "\r\n" in a cell for two.
    const line = lastLine + (empty - emptyLines) + 1;
    emptyLines = empty;
    lastLine = line + cells.reduce((sum, cell) => sum + lineEndsIn(cell), 0);
    // Blanks alone are an empty line too.
    if (cells.length === 1 && cells[0]!.trim() === "") return null;
    if (relaxed && cells.some((cell) => cell.startsWith('"') && /[\r\n]/.test(cell))) {
      failure ??= openQuote(file.name, line);
    }
    rows.push({ cells, line });
    return null;
  };
  const { maxLine = defaultMaxLine } = options;
  let parser: Parser | undefined;
  let table: ReturnType<typeof createTable> | undefined;
  const csv = await options.csv();
  for await (const chunk of wholeFirstChunk(textChunks(file, options))) {
    let rest = chunk.text;
    if (!parser || !table) {
      const head = rest;
      const named = separatorLine(head);
      rest = rest.slice(named?.length ?? 0);
      lastLine = named ? 1 : 0;
      const delimiter =
        options.delimiter === undefined
          ? (named?.delimiter ?? delimiterOf(csv, head, chunk.whole, usual))
          : delimiterNamed(options.delimiter);
      // Cells seldom contain tabs or line ends, so files that are delimited by these seldom quote.
      relaxed = delimiter === "\t" || delimiter === noDelimiter;
      table = createTable(file.name, options, delimiter, usual);
      parser = csv
        .stream({
          delimiter,
          record_delimiter: rowEnds,
          relax_quotes: relaxed,
          relax_column_count: true,
          skip_empty_lines: true,
          max_record_size: maxLine,
          on_record: collect,
        })
        .on("error", (error: CsvError) => {
          failure ??= explain(file.name, error, lastLine + 1, maxLine);
        })
        .resume();
    }
    const writing = parser;
    await new Promise<void>((done) => writing.write(rest, () => done()));
    if (failure) throw failure;
    yield* table.take(rows);
    rows = [];
  }
  if (!parser || !table) return;
  const ending = parser;
  await new Promise<void>((done) => {
    // A browser's streams do not close by themselves.
    for (const event of ["end", "error", "close"]) ending.once(event, () => done());
    ending.end();
  });
  if (failure) throw failure;
  yield* table.take(rows);
  yield* table.finish();
}

/** The chunks, the first of which knows whether it is the whole file. */
async function* wholeFirstChunk(chunks: AsyncGenerator<string>) {
  let first: string | undefined;
  let given = false;
  for await (const text of chunks) {
    if (first !== undefined) {
      given = true;
      yield { text: first, whole: false };
    }
    first = text;
  }
  if (first !== undefined) yield { text: first, whole: !given };
}

/** Holds the first rows back until the columns are chosen, then gives their cells. */
function createTable(file: string, options: ReadOptions, delimiter: string, usual: string) {
  let held: Row[] = [];
  let width = 0;
  let chosen: { readonly columns: Columns; readonly places: ReadonlyMap<string, number> } | undefined;
  function* texts(rows: readonly Row[], { columns, places } = chosen!): Generator<Texts> {
    for (const { cells, line } of rows) {
      // Cells too many are no loss where they are empty: some programs end each line with a delimiter.
      if (cells.length < width || cells.slice(width).some((cell) => cell.trim() !== ""))
        throw unequalRow(file, line, cells.length, width, delimiter);
    }
    if (rows.length === 0) return;
    const texts = textsOf(
      rows,
      columns,
      (row, column) => row.cells[places.get(column)!],
      (cell) => cell as string,
    );
    yield { ...texts, rows: rows.map(({ line }) => line), unit: "line" };
  }
  function* choose(): Generator<Texts> {
    const [first, ...body] = held;
    const rows = held;
    held = [];
    if (!first) return;
    width = first.cells.length;
    const asked = [options.column, options.promptColumn].filter((name) => name !== undefined);
    const named =
      options.header ??
      (asked.some((name) =>
        first.cells.some((cell) => cell.trim().toLowerCase() === name.trim().toLowerCase()),
      ) ||
        hasHeader(rows.map(({ cells }) => cells)));
    options.onTable({ delimiter: delimiter === noDelimiter ? "none" : delimiter, header: named });
    if (delimiter !== usual && options.delimiter === undefined)
      options.note(
        `Its cells are separated by ${delimiterName(delimiter)} (${option("delimiter")} names another).`,
      );
    if (!named && options.header === undefined)
      options.note(
        `Its first row is taken for texts like the others (${option("header", true)} if it names the columns).`,
      );
    const names = named ? first.cells.map((cell) => cell.trim()) : first.cells.map((_, i) => String(i + 1));
    const sample = named ? body : rows;
    const columns = chooseColumns(
      file,
      names,
      sample.map(({ cells }) => cells),
      options,
      options.note,
    );
    chosen = { columns, places: new Map(names.map((name, i) => [name, i] as const).toReversed()) };
    options.onColumns(columns, names);
    yield* texts(sample);
  }
  return {
    *take(rows: readonly Row[]): Generator<Texts> {
      if (chosen) {
        yield* texts(rows);
        return;
      }
      for (const row of rows) held.push(row);
      if (held.length > sampleRows) yield* choose();
    },
    *finish(): Generator<Texts> {
      if (!chosen) yield* choose();
    },
  };
}

const lineEndsIn = (cell: string): number =>
  cell.includes("\n") || cell.includes("\r") ? cell.split(/\r\n|\n|\r/).length - 1 : 0;

function unequalRow(file: string, line: number, cells: number, width: number, delimiter: string): InputError {
  return new InputError(
    "csv",
    `${file}, line ${line}: ${cells} cells where the first row has ${width}; put a text that has the delimiter ` +
      `(${JSON.stringify(delimiter)}) in it between double quotes, or name another with ${option("delimiter")} (none: one column).`,
    { file, line },
  );
}

function openQuote(file: string, line: number): InputError {
  return new InputError(
    "csv",
    `${file}, line ${line}: a quote opens a cell and does not close it properly; write each quote inside a quoted ` +
      'cell twice ("") and put the closing quote right before the delimiter or the end of the line.',
    { file, line },
  );
}

function explain(file: string, error: CsvError, recordLine: number, maxLine: number): InputError {
  const line = Number(error.lines) || recordLine;
  const code: string = error.code;
  if (code === "CSV_MAX_RECORD_SIZE") {
    return new InputError(
      "line-length",
      `${file}, line ${recordLine}: a row of more than ${maxLine} bytes begins here; check for a quote that is never ` +
        `closed, or raise the limit with ${option("maxLine")}.`,
      { file, line: recordLine, limit: maxLine },
      error,
    );
  }
  if (code === "CSV_QUOTE_NOT_CLOSED" || code === "CSV_INVALID_CLOSING_QUOTE") {
    return openQuote(file, recordLine);
  }
  if (code === "INVALID_OPENING_QUOTE") {
    return new InputError(
      "csv",
      `${file}, line ${line}: a double quote inside a cell that is not quoted; put the whole cell between double ` +
        'quotes and write each quote inside twice ("").',
      { file, line },
      error,
    );
  }
  return new InputError("csv", `${file}, line ${line}: ${error.message}.`, { file, line }, error);
}
