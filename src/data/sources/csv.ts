/** Texts from .csv and .tsv, by csv-parse, in pieces: a large file is never held whole. */
import { type CsvError, parse } from "csv-parse";
import { InputError } from "../../core/errors.ts";
import { type FileBytes, textChunks } from "./bytes.ts";
import { type Columns, chooseColumns, sampleRows } from "./column.ts";
import type { FileFormat, ReadOptions, Texts } from "./format.ts";

/**
 * Comma-separated as RFC 4180 has it; semicolons or tabs are taken where the first line has no comma. The first
 * row names the columns unless its text cell is itself a text of more than 40 characters.
 */
export const csvFormat: FileFormat = {
  name: "csv",
  extensions: [".csv"],
  read: (file, options) => readTable(file, options, undefined),
};

/** Tab-separated. Quotes count only around a whole cell; elsewhere they are ordinary characters. */
export const tsvFormat: FileFormat = {
  name: "tsv",
  extensions: [".tsv", ".tab"],
  read: (file, options) => readTable(file, options, "\t"),
};

async function* readTable(
  file: FileBytes,
  options: ReadOptions,
  givenDelimiter: string | undefined,
): AsyncGenerator<Texts> {
  let lastLine = 0;
  let failure: Error | undefined;
  let rows: string[][] = [];
  const collect = (row: string[], { lines }: { readonly lines: number }): null => {
    if (givenDelimiter === "\t" && row.some((cell) => cell.startsWith('"') && cell.includes("\n"))) {
      failure ??= openQuote(file.name, lastLine + 1);
    }
    lastLine = lines;
    rows.push(row);
    return null;
  };
  const table = createTable(file.name, options);
  let parser: ReturnType<typeof parse> | undefined;
  for await (const chunk of textChunks(file)) {
    parser ??= parse({
      delimiter: givenDelimiter ?? delimiterOf(chunk),
      relax_quotes: givenDelimiter === "\t",
      skip_empty_lines: true,
      on_record: collect,
    })
      .on("error", (error: CsvError) => {
        failure ??= explain(file.name, error, lastLine + 1);
      })
      .resume();
    const writing = parser;
    await new Promise<void>((done) => writing.write(chunk, () => done()));
    if (failure) throw failure;
    yield* table.take(rows);
    rows = [];
  }
  if (parser) {
    const ending = parser;
    await new Promise<void>((done) => {
      ending.once("close", done);
      ending.end();
    });
  }
  if (failure) throw failure;
  yield* table.take(rows);
  yield* table.finish();
}

/** Holds the first rows back until the columns are chosen, then gives their cells. */
function createTable(file: string, options: ReadOptions) {
  let held: string[][] = [];
  let chosen: { readonly text: number; readonly prompt: number } | undefined;
  function* textsOf(rows: readonly string[][], { text, prompt } = chosen!): Generator<Texts> {
    if (rows.length === 0) return;
    const cells = (column: number) => rows.map((row) => row[column]!);
    yield { texts: cells(text), ...(prompt < 0 ? {} : { prompts: cells(prompt) }) };
  }
  function* choose(): Generator<Texts> {
    const [header, ...body] = held;
    held = [];
    if (!header) return;
    const isText = (cell: string | undefined) => cell !== undefined && cell.length > 40 && /\s/.test(cell);
    const asked = options.column !== undefined || options.promptColumn !== undefined;
    const named = asked || !header.some(isText);
    const names = named ? header : header.map((_, i) => String(i + 1));
    const rows = named ? body : [header, ...body];
    const columns: Columns = chooseColumns(file, names, rows, options);
    chosen = {
      text: names.indexOf(columns.text),
      prompt: columns.prompt === undefined ? -1 : names.indexOf(columns.prompt),
    };
    options.onColumns(columns);
    yield* textsOf(rows);
  }
  return {
    *take(rows: readonly string[][]): Generator<Texts> {
      if (chosen) {
        yield* textsOf(rows);
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

function delimiterOf(chunk: Buffer): string {
  const end = chunk.indexOf(10);
  const line = chunk.toString("utf8", 0, end < 0 ? Math.min(chunk.length, 4096) : end);
  if (line.includes(",")) return ",";
  return line.includes(";") ? ";" : line.includes("\t") ? "\t" : ",";
}

function openQuote(file: string, line: number): InputError {
  return new InputError(
    "csv",
    `${file}, line ${line}: a quote opens a cell and does not close it properly; write each quote inside a quoted ` +
      'cell twice ("") and put the closing quote right before the delimiter or the end of the line.',
    { file, line },
  );
}

function explain(file: string, error: CsvError, recordLine: number): InputError {
  const line = Number(error.lines) || recordLine;
  const code: string = error.code;
  if (code === "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH") {
    const record = error.record as readonly string[] | undefined;
    const expected = /expect (\d+)/.exec(error.message)?.[1] ?? "as many";
    return new InputError(
      "csv",
      `${file}, line ${line}: ${record?.length ?? "another number of"} cells where the first row has ${expected}; ` +
        "put a text that has the delimiter in it between double quotes.",
      { file, line },
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
