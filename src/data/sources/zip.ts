/**
 * The one data file in a zip archive, such as a Kaggle download (PKWARE's APPNOTE 6.3). It is streamed, and held to
 * the CRC-32 and the sizes that the archive states: a changed entry is an error, never other texts. Runs in a browser.
 */
import { InputError } from "../../core/errors.ts";
import { counted, type RawFile } from "./raw-file.ts";

/** An entry of the archive's directory. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes unpacked. */
  readonly size: number;
  readonly packedSize: number;
  readonly crc: number;
  readonly deflated: boolean;
  /** Where its bytes begin in the file. */
  readonly start: number;
}

/** A record of the directory; `offset` is that of the entry's own header. */
interface DirectoryRecord {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly offset: number;
}

/** A directory of a million files; this one should have a handful. */
const largestDirectory = 64 * 1024 * 1024;
const ENCRYPTED = 1;
const SIZES_FOLLOW = 8;

/**
 * The only file of the archive whose name `isData` accepts.
 * @throws InputError `archive` where there is none, more than one or it is encrypted, and `broken-zip`
 */
export async function onlyEntry(file: RawFile, isData: (name: string) => boolean): Promise<ZipEntry> {
  const path = file.name;
  const records = (await readDirectory(file)).filter(({ name }) => !isHidden(name) && isData(name));
  const [record, second] = records;
  if (record === undefined || second !== undefined) {
    throw new InputError(
      "archive",
      record === undefined
        ? `${path} is a zip archive without a file of texts; give a file of one of the known formats.`
        : `${path} is a zip archive of ${records.length} files (${record.name}, ${second!.name}${records.length > 2 ? ", ..." : ""}); ` +
            "unpack it and give the files that are meant.",
      { file: path },
    );
  }
  if (record.flags & ENCRYPTED || (record.method !== 0 && record.method !== 8)) {
    const how = record.flags & ENCRYPTED ? "encrypted" : `packed by method ${record.method}`;
    throw new InputError("archive", `${path}: ${record.name} is ${how}; unpack it and give the file.`, {
      file: path,
    });
  }
  const { name, size, packedSize, crc, method } = record;
  return { name, size, packedSize, crc, deflated: method === 8, start: await startOf(file, record) };
}

/**
 * The bytes of an entry, unpacked.
 * @param count called with the packed bytes as they are read
 * @throws InputError `broken-zip` where they are not what the archive says
 */
export async function* entryBytes(
  file: RawFile,
  entry: ZipEntry,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const { name, start, packedSize, size, deflated } = entry;
  let bytes = 0;
  let crc = 0;
  if (packedSize > 0) {
    const packed = counted(file.pieces(start, start + packedSize), count);
    try {
      for await (const chunk of deflated ? file.unpack(packed, "deflate-raw") : packed) {
        bytes += chunk.length;
        if (bytes > size) throw broken(file.name, `${name} is longer than the archive says`);
        crc = file.crc32(chunk, crc);
        yield chunk;
      }
    } catch (cause) {
      if (cause instanceof InputError) throw cause;
      throw broken(file.name, `${name}: ${(cause as Error).message.replace(/\.$/, "")}`, cause);
    }
  }
  if (bytes !== size) throw broken(file.name, `${name} has ${bytes} bytes where the archive says ${size}`);
  if (crc !== entry.crc) throw broken(file.name, `${name} does not have the CRC-32 that the archive says`);
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Numbers at places of some bytes, little-endian. */
const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new DataView(buffer, byteOffset, byteLength);

async function readDirectory(file: RawFile): Promise<DirectoryRecord[]> {
  const { name: path, size: fileSize } = file;
  const { count, bytes, offset } = await directoryPlace(file);
  if (offset + bytes > fileSize || bytes > largestDirectory) throw broken(path, "its directory is cut off");
  const directory = await bytesAt(file, offset, bytes);
  const view = viewOf(directory);
  const records: DirectoryRecord[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes || view.getUint32(at, true) !== 0x02014b50)
      throw broken(path, "its directory is cut off");
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > bytes) throw broken(path, "its directory is cut off");
    const nameBytes = directory.subarray(at + 46, nameEnd);
    const short = {
      size: view.getUint32(at + 24, true),
      packedSize: view.getUint32(at + 20, true),
      offset: view.getUint32(at + 42, true),
    };
    records.push({
      name: utf8.decode(nameBytes),
      nameBytes,
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      ...longSizes(short, directory.subarray(nameEnd, extraEnd)),
    });
    at = end;
  }
  if (at !== bytes) throw broken(path, "its directory has another size than it says");
  return records;
}

/** Where the directory is, by the record at the file's end, in its long form (Zip64) where that is needed. */
async function directoryPlace(file: RawFile) {
  const { name: path, size: fileSize } = file;
  const tailBytes = Math.min(fileSize, 22 + 0xffff + 20);
  const tail = viewOf(await bytesAt(file, fileSize - tailBytes, tailBytes));
  for (let at = tail.byteLength - 22; at >= 0; at--) {
    if (
      tail.getUint32(at, true) !== 0x06054b50 ||
      at + 22 + tail.getUint16(at + 20, true) !== tail.byteLength
    )
      continue;
    const short = {
      count: tail.getUint16(at + 10, true),
      bytes: tail.getUint32(at + 12, true),
      offset: tail.getUint32(at + 16, true),
    };
    const locator = at - 20;
    if (locator < 0 || tail.getUint32(locator, true) !== 0x07064b50) return short;
    const long = viewOf(await bytesAt(file, Number(tail.getBigUint64(locator + 8, true)), 56));
    if (long.getUint32(0, true) !== 0x06064b50) break;
    return {
      count: Number(long.getBigUint64(32, true)),
      bytes: Number(long.getBigUint64(40, true)),
      offset: Number(long.getBigUint64(48, true)),
    };
  }
  throw broken(path, "it has no directory at its end");
}

type Sizes = Pick<DirectoryRecord, "size" | "packedSize" | "offset">;

/** The sizes of a record; those that 32 bits cannot say are in its Zip64 field, in this order. */
function longSizes(short: Sizes, extra: Uint8Array): Sizes {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const field = viewOf(extra.subarray(at + 4, at + 4 + view.getUint16(at + 2, true)));
    let next = 0;
    const long = (value: number): number => {
      if (value !== 0xffffffff || next + 8 > field.byteLength) return value;
      next += 8;
      return Number(field.getBigUint64(next - 8, true));
    };
    return { size: long(short.size), packedSize: long(short.packedSize), offset: long(short.offset) };
  }
  return short;
}

/** Where an entry's bytes begin, by its own header, which must agree with the directory. */
async function startOf(file: RawFile, record: DirectoryRecord): Promise<number> {
  const header = viewOf(await bytesAt(file, record.offset, 30));
  const nameLength = header.getUint16(26, true);
  const name = await bytesAt(file, record.offset + 30, nameLength);
  const flags = header.getUint16(6, true);
  const sizes = [header.getUint32(18, true), header.getUint32(22, true)];
  const agrees =
    header.getUint32(0, true) === 0x04034b50 &&
    header.getUint16(8, true) === record.method &&
    equal(name, record.nameBytes) &&
    ((flags & SIZES_FOLLOW) !== 0 ||
      (header.getUint32(14, true) === record.crc &&
        [record.packedSize, record.size].every((n, i) => sizes[i] === n || sizes[i] === 0xffffffff)));
  if (!agrees) throw broken(file.name, `the header of ${record.name} is not what the directory says`);
  const start = record.offset + 30 + nameLength + header.getUint16(28, true);
  if (start + record.packedSize > file.size) throw broken(file.name, `${record.name} is cut off`);
  return start;
}

const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

async function bytesAt(file: RawFile, position: number, length: number): Promise<Uint8Array> {
  if (!Number.isSafeInteger(position) || position < 0)
    throw broken(file.name, "it names a place outside the file");
  const bytes = await file.part(position, position + length);
  if (bytes.length !== length) throw broken(file.name, "it is cut off");
  return bytes;
}

function broken(path: string, reason: string, cause?: unknown): InputError {
  return new InputError(
    "broken-zip",
    `${path} is not a whole zip archive (${reason}); fetch it again.`,
    { file: path },
    cause,
  );
}

/** What macOS adds to archives. */
const isHidden = (name: string): boolean => name.startsWith("__MACOSX/") || /(^|\/)\./.test(name);
