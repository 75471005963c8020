/** Files as sources: the format is told by the name, the packing by the bytes. */
import { readdir } from "node:fs/promises";
import { extname } from "node:path";
import { didYouMean, InputError, UsageError } from "../../core/errors.ts";
import { emptyFile, openFile } from "./bytes.ts";
import type { Columns } from "./column.ts";
import { csvFormat, tsvFormat } from "./csv.ts";
import type { FileFormat, ReadOptions } from "./format.ts";
import { jsonFormat, jsonLinesFormat } from "./json.ts";
import { textFormat } from "./lines.ts";
import { parquetFormat } from "./parquet.ts";
import type { SourceKind, SourceOptions } from "./source.ts";

const fileFormats: readonly FileFormat[] = [
  csvFormat,
  tsvFormat,
  jsonFormat,
  jsonLinesFormat,
  parquetFormat,
  textFormat,
];

/** Any name is a file; this kind comes last. */
export const fileKind: SourceKind = {
  name: "file",
  matches: () => true,
  async open(name, options) {
    const file = await openFile(name, isData).catch(async (error: unknown) => {
      throw await withAdvice(error, name);
    });
    const { packed } = file;
    const format = formatOf(packed?.as === "zip" ? packed.entry : name, options);
    const { column, promptColumn } = options;
    const asked = column ?? promptColumn;
    if (format === textFormat && asked !== undefined) {
      throw new UsageError(
        `${name} has one text per line and no columns; leave out the column ${JSON.stringify(asked)}.`,
      );
    }
    let columns: Columns | undefined;
    const readOptions: ReadOptions = {
      ...(column === undefined ? {} : { column }),
      ...(promptColumn === undefined ? {} : { promptColumn }),
      onColumns: (chosen) => {
        columns = chosen;
      },
    };
    return {
      name,
      format: packed ? `${format.name}.${packed.as}` : format.name,
      get column() {
        return columns?.text;
      },
      get promptColumn() {
        return columns?.prompt;
      },
      progress: file.progress,
      async *batches() {
        let any = false;
        for await (const batch of format.read(file, readOptions)) {
          any ||= batch.texts.length > 0;
          yield batch;
        }
        if (!any) throw emptyFile(name);
      },
    };
  },
};

function formatOf(name: string, { format }: SourceOptions): FileFormat {
  const names = fileFormats.map((known) => known.name);
  if (format !== undefined) {
    const found = fileFormats.find((known) => known.name === format);
    if (found) return found;
    throw new UsageError(`There is no file format ${JSON.stringify(format)}; ${didYouMean(format, names)}`);
  }
  const found = knownFormat(name);
  if (found) return found;
  throw new InputError(
    "file-format",
    `${name} ends in none of ${fileFormats.flatMap((known) => known.extensions).join(" ")} (also packed, as .gz or .zip); ` +
      "rename it or name its format.",
    { file: name },
  );
}

/** The format that a file's name tells. */
function knownFormat(name: string): FileFormat | undefined {
  const extension = extname(name.toLowerCase().replace(/\.gz$/, ""));
  return fileFormats.find(({ extensions }) => extensions.includes(extension));
}

/** Whether a file in an archive is one of texts; packed once more it cannot be read. */
const isData = (name: string): boolean => !name.endsWith(".gz") && knownFormat(name) !== undefined;

/** A missing name may be a slip for a built-in one; a folder may hold just the file that was meant. */
async function withAdvice(error: unknown, name: string): Promise<unknown> {
  if (!(error instanceof InputError)) return error;
  if (error.code === "missing-file" && !/[./\\]/.test(name)) {
    return new InputError(
      "missing-file",
      `${name} is neither a file nor a built-in source; ${didYouMean(name, ["one-liners", "moby-dick"])}`,
      error.details,
      error,
    );
  }
  if (error.code === "not-a-file") {
    const inside = await readdir(name).catch(() => []);
    const file = inside.find((entry) => knownFormat(entry) !== undefined);
    if (file !== undefined) {
      return new InputError(
        error.code,
        `${name} is a folder; give a file in it, such as ${file}.`,
        error.details,
      );
    }
  }
  return error;
}
