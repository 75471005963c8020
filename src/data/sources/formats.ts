/** The texts of a file: the name gives the format, the first bytes the packing. Runs in a browser. */
import { didYouMean } from "../../core/did-you-mean.ts";
import { InputError, UsageError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import { emptyFile, type FileBytes } from "./bytes.ts";
import type { Columns } from "./column.ts";
import { csvFormat, tsvFormat } from "./csv.ts";
import { encodingName, headOf } from "./decode.ts";
import { looksLikeTable } from "./dialect.ts";
import type { FileFormat, ReadOptions } from "./format.ts";
import { jsonFormat, jsonLinesFormat, looksLikeJsonLines } from "./json.ts";
import { defaultMaxLine, textFormat } from "./lines.ts";
import { parquetFormat } from "./parquet.ts";
import type { Reading, SourceOptions, TextSource } from "./source.ts";

const fileFormats: readonly FileFormat[] = [
  csvFormat,
  tsvFormat,
  jsonFormat,
  jsonLinesFormat,
  parquetFormat,
  textFormat,
];

/** The names of the formats, such as `csv`. */
export const fileFormatNames: readonly string[] = fileFormats.map(({ name }) => name);

const tables: readonly FileFormat[] = [csvFormat, tsvFormat];

/**
 * A file as a source of texts.
 * @param csv loads what reads tables
 * @throws UsageError for an option that its format ignores, InputError for an unknown format
 */
export async function fileSource(
  file: FileBytes,
  options: SourceOptions,
  csv: ReadOptions["csv"],
): Promise<TextSource> {
  const { name, packed } = file;
  const notes: string[] = [];
  const note = (sentence: string) => void notes.push(sentence);
  const named = formatOf(packed?.as === "zip" ? packed.entry : name, options);
  const format = await formatIn(file, named, options, { csv, note });
  refuseIdleOptions(name, format, options);
  const { column, promptColumn, encoding, delimiter, header, maxLine } = options;
  let columns: Columns | undefined;
  let names: readonly string[] | undefined;
  let reading: Omit<Reading, "notes"> = {};
  const readOptions: ReadOptions = {
    column,
    promptColumn,
    encoding,
    delimiter,
    header,
    maxLine,
    csv,
    onColumns: (chosen, all) => {
      columns = chosen;
      names = all;
    },
    onEncoding: (used) => {
      const unasked = used !== encodingName(encoding) && reading.encoding === undefined;
      if (unasked) note(`It is read as ${used.toUpperCase()}, by the mark at its beginning.`);
      reading = { ...reading, encoding: used };
    },
    onTable: (found) => {
      reading = { ...reading, ...found };
    },
    note,
  };
  return {
    name,
    format: packed ? `${format.name}.${packed.as}` : format.name,
    get column() {
      return columns?.text;
    },
    get columns() {
      return names;
    },
    get promptColumn() {
      return columns?.prompt;
    },
    get reading() {
      return { ...reading, notes };
    },
    progress: file.progress,
    async *batches() {
      let any = false;
      for await (const batch of format.read(file, readOptions)) {
        any ||= batch.texts.length > 0;
        checkLengths(name, batch.texts, maxLine);
        yield batch;
      }
      if (!any) throw emptyFile(name, "has no texts");
    },
  };
}

/** @throws InputError `line-length` where a text is longer than a line may be, in formats without lines too */
function checkLengths(file: string, texts: readonly string[], limit = defaultMaxLine): void {
  const long = texts.find((text) => text.length > limit);
  if (long === undefined) return;
  throw new InputError(
    "line-length",
    `${file} has a text of ${long.length} characters; the limit is ${limit}, and ${option("maxLine")} raises it.`,
    { file, limit },
  );
}

/** @throws UsageError for an option that this format ignores */
function refuseIdleOptions(name: string, format: FileFormat, options: SourceOptions): void {
  const { column, promptColumn, encoding, delimiter, header } = options;
  const asked = column ?? promptColumn;
  if (format === textFormat && asked !== undefined) {
    throw new UsageError(
      `${name} has one text per line and no columns; leave out the column ${JSON.stringify(asked)}.`,
      { option: column === undefined ? "promptColumn" : "column", value: asked },
    );
  }
  if (encoding !== undefined) encodingName(encoding);
  if (format === parquetFormat && encoding !== undefined)
    throw new UsageError(`${name} is a Parquet file, which is UTF-8 always; leave out the encoding.`, {
      option: "encoding",
      value: encoding,
    });
  if (tables.includes(format)) return;
  if (delimiter !== undefined || header !== undefined) {
    const odd = delimiter === undefined ? "header" : "delimiter";
    throw new UsageError(`${name} is no table of cells (${format.name}); leave out the ${odd}.`, {
      option: odd,
      value: options[odd],
    });
  }
}

function formatOf(name: string, { fileFormat }: SourceOptions): FileFormat {
  if (fileFormat !== undefined) {
    const found = fileFormats.find((known) => known.name === fileFormat);
    if (found) return found;
    throw new UsageError(
      `There is no file format ${JSON.stringify(fileFormat)}; ${didYouMean(fileFormat, fileFormatNames)}`,
      { option: "fileFormat", value: fileFormat, expected: fileFormatNames },
    );
  }
  const found = knownFormat(name);
  if (found) return found;
  throw new InputError(
    "file-format",
    `${name} ends in none of ${fileFormats.flatMap((known) => known.extensions).join(" ")} (also packed, as .gz or .zip); ` +
      `rename it or name its format with ${option("fileFormat")}.`,
    { file: name },
  );
}

/** The format of a file named .txt by its content: a table or JSON Lines, where it clearly is one. */
async function formatIn(
  file: FileBytes,
  named: FileFormat,
  { fileFormat, encoding }: SourceOptions,
  { csv, note }: Pick<ReadOptions, "csv" | "note">,
): Promise<FileFormat> {
  if (named !== textFormat || fileFormat !== undefined) return named;
  const { head, whole } = await headOf(file, { encoding });
  const found = looksLikeJsonLines(head, whole)
    ? jsonLinesFormat
    : looksLikeTable(await csv(), head, whole)
      ? csvFormat
      : named;
  if (found !== named) {
    const what = found === csvFormat ? "a table with a row of column names" : "JSON Lines";
    note(
      `It is read as ${what} in spite of its name (${option("fileFormat", "txt")} takes each line as a text).`,
    );
  }
  return found;
}

/** The format that a file's name implies. */
export function knownFormat(name: string): FileFormat | undefined {
  const [extension = ""] = /(?<=[^/\\])\.[^./\\]*$/.exec(name.toLowerCase().replace(/\.gz$/, "")) ?? [];
  return fileFormats.find(({ extensions }) => extensions.includes(extension));
}

/** Whether a file in an archive is a file of texts; one that is packed again cannot be read. */
export const isData = (name: string): boolean => !name.endsWith(".gz") && knownFormat(name) !== undefined;
