/** Texts from .parquet, by hyparquet, one row group at a time. The reader is loaded when it is first needed. */
import { InputError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import { joinBytes } from "../../core/utf8.ts";
import type { FileBytes } from "./bytes.ts";
import { chooseColumns, sampleRows } from "./column.ts";
import type { FileFormat, ReadOptions, Texts } from "./format.ts";
import { textsOf } from "./pairs.ts";
import { checkPages, checkRows } from "./parquet-pages.ts";

export const parquetFormat: FileFormat = { name: "parquet", extensions: [".parquet"], read: readParquet };

const rowsAtOnce = 20_000;

async function* readParquet(file: FileBytes, options: ReadOptions): AsyncGenerator<Texts> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const { byteLength, slice } = await randomAccess(file);
  const source = {
    byteLength,
    slice(start: number, end?: number): Promise<ArrayBuffer> {
      const part = slice(start, end);
      // The reader asks for several parts at once and hears of the first fault alone.
      part.catch(() => {});
      return part;
    },
  };
  try {
    const metadata = await parquetMetadataAsync(source);
    checkRows(file.name, metadata, source.byteLength);
    const leaves = parquetSchema(metadata).children;
    const names = leaves.map((child) => child.element.name);
    const flat = new Set(
      leaves
        .filter(({ children, element }) => children.length === 0 && element.repetition_type !== "REPEATED")
        .map(({ element }) => element.name),
    );
    const check = async (group: (typeof metadata.row_groups)[number], wanted: ReadonlySet<string>) => {
      for (const { meta_data: column } of group.columns) {
        if (!column || !wanted.has(column.path_in_schema[0] ?? "")) continue;
        const start = Number(column.dictionary_page_offset || column.data_page_offset);
        const chunk = await source.slice(start, start + Number(column.total_compressed_size));
        const rows = flat.has(column.path_in_schema[0]!) ? Number(group.num_rows) : undefined;
        checkPages(file.name, new Uint8Array(chunk), rows);
      }
    };
    let sampled = 0;
    for (const group of metadata.row_groups) {
      if (sampled >= sampleRows) break;
      await check(group, new Set(names));
      sampled += Number(group.num_rows);
    }
    const rows = Number(metadata.num_rows);
    const read = (columns: string[], rowStart: number, rowEnd: number) =>
      parquetReadObjects({ file: source, metadata, columns, rowStart, rowEnd, compressors });
    const sample = await read(names, 0, Math.min(rows, sampleRows));
    const cells = sample.map((row) => names.map((name) => row[name] as unknown));
    const columns = chooseColumns(file.name, names, cells, options, options.note);
    options.onColumns(columns, names);
    const wanted = new Set(
      [columns.text, columns.prompt, columns.input, columns.tools].filter((name) => name !== undefined),
    );
    let start = 0;
    for (const group of metadata.row_groups) {
      const groupEnd = start + Number(group.num_rows);
      if (start >= sampled) await check(group, wanted);
      for (; start < groupEnd; start += rowsAtOnce) {
        const end = Math.min(groupEnd, start + rowsAtOnce);
        const part = await read([...wanted], start, end);
        const first = start + 1;
        file.progress.bytes = Math.round((end / rows) * file.progress.totalBytes);
        const numbered = part.map((cells, i) => ({ cells, row: first + i }));
        const texts = textsOf(
          numbered,
          columns,
          ({ cells }, column) => cells[column],
          (cell, column, { row }) => textOf(cell, file.name, column, row),
        );
        yield { ...texts, rows: numbered.map(({ row }) => row), unit: "row" };
      }
      start = groupEnd;
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(
      "parquet",
      `${file.name} cannot be read as Parquet (${reasonOf(cause)}); check that the file is whole.`,
      { file: file.name },
      cause,
    );
  }
}

/** Why the decoder failed. Of a damaged file it may say no more than what JavaScript says of a value that is not there. */
function reasonOf(cause: unknown): string {
  if (cause instanceof TypeError || cause instanceof RangeError)
    return "its description of itself is damaged";
  return cause instanceof Error ? cause.message : String(cause);
}

/** Any part of the file on demand; a packed file is unpacked into memory first. */
async function randomAccess(file: FileBytes) {
  if (!file.part) {
    const parts: Uint8Array[] = [];
    for await (const chunk of file.chunks()) parts.push(chunk);
    const all = joinBytes(parts);
    return {
      byteLength: all.length,
      slice: async (start: number, end = all.length) => {
        checkPart(start, end, all.length);
        return all.slice(start, end).buffer;
      },
    };
  }
  const { part } = file;
  const byteLength = file.progress.totalBytes;
  // A column of a large row group is asked for again with each part of its rows.
  let kept: { readonly key: string; readonly part: ArrayBuffer }[] = [];
  return {
    byteLength,
    async slice(start: number, end = byteLength): Promise<ArrayBuffer> {
      checkPart(start, end, byteLength);
      const key = `${start} ${end}`;
      const known = kept.find((entry) => entry.key === key);
      if (known) return known.part;
      const { buffer, length } = await part(start, end);
      if (length < end - start) throw new Error("the file ends too early");
      kept = [{ key, part: buffer }, ...kept].slice(0, 3);
      return buffer;
    },
  };
}

function checkPart(start: number, end: number, byteLength: number): void {
  if (!(start >= 0 && start <= end && end <= byteLength))
    throw new Error(`it names bytes ${start} to ${end} of ${byteLength}`);
}

function textOf(cell: unknown, file: string, column: string, row: number): string {
  if (typeof cell === "string") return cell;
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number" || typeof cell === "bigint" || typeof cell === "boolean") return String(cell);
  throw new InputError(
    "parquet",
    `${file}, row ${row}: column ${JSON.stringify(column)} holds no text; name another with ${option("column")}.`,
    { file, row },
  );
}
