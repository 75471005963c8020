/**
 * Checks the headers of a Parquet file's pages before the pages are read: a reader reserves memory by the sizes and
 * counts in them, and a file of a hundred bytes can claim a thousand million.
 */
import { InputError } from "../../core/errors.ts";

const largestPage = 512 * 1024 * 1024;
const mostValues = 20_000_000;
/** Rows for each byte of a file: texts that are all equal are packed very well, and no better. */
const mostRowsPerByte = 1000;

/** Counts of a file's rows that belong together. */
export interface RowCounts {
  readonly num_rows: bigint;
  readonly row_groups: readonly { readonly num_rows: bigint }[];
}

/** @throws InputError `parquet` where the groups do not have the file's rows, or it has more than its bytes could hold */
export function checkRows(file: string, { num_rows, row_groups }: RowCounts, fileBytes: number): void {
  let rows = 0n;
  for (const group of row_groups) {
    if (group.num_rows < 0n) throw hostile(file, `a row group has ${group.num_rows} rows`);
    rows += group.num_rows;
  }
  if (rows !== num_rows) throw hostile(file, `its row groups have ${rows} rows where it says ${num_rows}`);
  if (rows > BigInt(fileBytes) * BigInt(mostRowsPerByte))
    throw hostile(file, `it says that it has ${rows} rows in ${fileBytes} bytes`);
}

/**
 * @param chunk the bytes of one column of a row group
 * @param rows how many rows that group has; undefined for a column of lists, which has other counts
 * @throws InputError `parquet` where a page is larger than this reader takes, or the pages have other rows
 */
export function checkPages(file: string, chunk: Uint8Array, rows: number | undefined): void {
  const reader: Reader = { view: new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength), at: 0 };
  let seen = 0;
  while (seen < (rows ?? Number.POSITIVE_INFINITY) && reader.at < chunk.length - 1) {
    const header = structAt(reader, 0);
    const size = numberIn(header, 2);
    const packed = numberIn(header, 3);
    const values = [5, 7, 8].map((field) => numberIn(header.get(field), 1)).find((n) => n !== undefined);
    if (size === undefined || packed === undefined || values === undefined)
      throw hostile(file, "a page has no sizes");
    if (size < 0 || packed < 0 || reader.at + packed > chunk.length)
      throw hostile(file, `a page of ${packed} bytes goes beyond its column`);
    if (size > largestPage)
      throw hostile(file, `a page unpacks to ${size} bytes, and ${largestPage} is the limit`);
    if (values < 0 || values > mostValues)
      throw hostile(file, `a page has ${values} values, and ${mostValues} is the limit`);
    reader.at += packed;
    // The pages of a dictionary (field 7) hold no rows.
    if (!header.has(7)) seen += values;
  }
  if (rows !== undefined && seen !== rows)
    throw hostile(file, `the pages of a column have ${seen} values where its row group has ${rows} rows`);
}

function hostile(file: string, reason: string): InputError {
  return new InputError(
    "parquet",
    `${file} cannot be read as Parquet (${reason}); check that the file is whole, or write it again in smaller pages.`,
    { file },
  );
}

interface Reader {
  readonly view: DataView;
  at: number;
}

type Field = number | Struct;
type Struct = Map<number, Field>;

const numberIn = (struct: Field | undefined, field: number): number | undefined => {
  const value = struct instanceof Map ? struct.get(field) : undefined;
  return typeof value === "number" ? value : undefined;
};

/** Thrift's compact protocol, as far as page headers need it: numbers and structs; the rest is passed over. */
function structAt(reader: Reader, depth: number): Struct {
  if (depth > 8) throw new RangeError("page headers go too deep");
  const struct: Struct = new Map();
  for (let id = 0; ; ) {
    const head = reader.view.getUint8(reader.at++);
    const type = head & 15;
    if (type === 0) return struct;
    id = head >> 4 ? id + (head >> 4) : zigZag(reader);
    const value = fieldAt(reader, type, depth);
    if (value !== undefined) struct.set(id, value);
  }
}

function fieldAt(reader: Reader, type: number, depth: number): Field | undefined {
  switch (type) {
    case 1:
    case 2:
      return undefined;
    case 3:
      reader.at += 1;
      return undefined;
    case 4:
    case 5:
    case 6:
      return zigZag(reader);
    case 7:
      reader.at += 8;
      return undefined;
    case 8:
      reader.at += varint(reader);
      return undefined;
    case 12:
      return structAt(reader, depth + 1);
    default:
      throw new RangeError(`a page header has a field of type ${type}`);
  }
}

function zigZag(reader: Reader): number {
  const n = varint(reader);
  return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
}

function varint(reader: Reader): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.view.getUint8(reader.at++);
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    if (scale > 2 ** 56) throw new RangeError("a number of a page header does not end");
  }
}
