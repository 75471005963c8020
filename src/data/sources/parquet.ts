/** Texts from .parquet, by hyparquet, one row group at a time. The reader is loaded when it is first needed. */
import { open } from "node:fs/promises";
import { InputError } from "../../core/errors.ts";
import type { FileBytes } from "./bytes.ts";
import { chooseColumns, sampleRows } from "./column.ts";
import type { FileFormat, ReadOptions, Texts } from "./format.ts";
import { textsOf } from "./pairs.ts";

export const parquetFormat: FileFormat = { name: "parquet", extensions: [".parquet"], read: readParquet };

const rowsAtOnce = 20_000;

async function* readParquet(file: FileBytes, options: ReadOptions): AsyncGenerator<Texts> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const source = await randomAccess(file);
  try {
    const metadata = await parquetMetadataAsync(source);
    const names = parquetSchema(metadata).children.map((child) => child.element.name);
    const rows = Number(metadata.num_rows);
    const read = (columns: string[], rowStart: number, rowEnd: number) =>
      parquetReadObjects({ file: source, metadata, columns, rowStart, rowEnd, compressors });
    const sample = await read(names, 0, Math.min(rows, sampleRows));
    const cells = sample.map((row) => names.map((name) => row[name] as unknown));
    const columns = chooseColumns(file.name, names, cells, options, options.note);
    options.onColumns(columns);
    const wanted = new Set(
      [columns.text, columns.prompt, columns.input].filter((name) => name !== undefined),
    );
    let start = 0;
    for (const group of metadata.row_groups) {
      const groupEnd = start + Number(group.num_rows);
      for (; start < groupEnd; start += rowsAtOnce) {
        const end = Math.min(groupEnd, start + rowsAtOnce);
        const part = await read([...wanted], start, end);
        const first = start + 1;
        file.progress.bytes = Math.round((end / rows) * file.progress.totalBytes);
        const numbered = part.map((cells, i) => ({ cells, row: first + i }));
        yield textsOf(
          numbered,
          columns,
          ({ cells }, column) => cells[column],
          (cell, column, { row }) => textOf(cell, file.name, column, row),
        );
      }
      start = groupEnd;
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(
      "parquet",
      `${file.name} cannot be read as Parquet (${reason}); check that the file is whole.`,
      { file: file.name },
      cause,
    );
  } finally {
    await source.close();
  }
}

/** Any part of the file on demand; a packed file is unpacked into memory first. */
async function randomAccess(file: FileBytes) {
  if (file.packed) {
    const parts: Buffer[] = [];
    for await (const chunk of file.chunks()) parts.push(chunk);
    const all = new Uint8Array(Buffer.concat(parts));
    return {
      byteLength: all.length,
      slice: async (start: number, end?: number) => all.slice(start, end).buffer,
      close: async () => {},
    };
  }
  const handle = await open(file.name);
  const byteLength = file.progress.totalBytes;
  return {
    byteLength,
    async slice(start: number, end = byteLength): Promise<ArrayBuffer> {
      const part = new Uint8Array(Math.max(0, end - start));
      await handle.read(part, 0, part.length, start);
      return part.buffer;
    },
    close: () => handle.close(),
  };
}

function textOf(cell: unknown, file: string, column: string, row: number): string {
  if (typeof cell === "string") return cell;
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number" || typeof cell === "bigint" || typeof cell === "boolean") return String(cell);
  throw new InputError(
    "parquet",
    `${file}, row ${row}: column ${JSON.stringify(column)} holds no text; name another with --column.`,
    { file, row },
  );
}
