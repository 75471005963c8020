/**
 * The one data file in a zip archive, such as a Kaggle download (PKWARE's APPNOTE 6.3). It is streamed, and held to
 * the CRC-32 and the sizes that the archive states: a changed entry is an error, never other texts.
 */
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { InputError } from "../../core/errors.ts";

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
  readonly nameBytes: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly offset: number;
}

const chunkBytes = 256 * 1024;
/** A directory of a million files; this one should have a handful. */
const largestDirectory = 64 * 1024 * 1024;
const ENCRYPTED = 1;
const SIZES_FOLLOW = 8;

/**
 * The only file of the archive at `path` whose name `isData` accepts.
 * @throws InputError `archive` where there is none, more than one or it is encrypted, and `broken-zip`
 */
export async function onlyEntry(path: string, isData: (name: string) => boolean): Promise<ZipEntry> {
  const file = await open(path);
  try {
    const records = (await readDirectory(file, path)).filter(({ name }) => !isHidden(name) && isData(name));
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
    return { name, size, packedSize, crc, deflated: method === 8, start: await startOf(file, path, record) };
  } finally {
    await file.close();
  }
}

/**
 * The bytes of an entry, unpacked.
 * @param count called with the packed bytes as they are read
 * @throws InputError `broken-zip` where they are not what the archive says
 */
export async function* entryBytes(
  path: string,
  entry: ZipEntry,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const { name, start, packedSize, size, deflated } = entry;
  let bytes = 0;
  let crc = 0;
  if (packedSize > 0) {
    const packed = createReadStream(path, { start, end: start + packedSize - 1, highWaterMark: chunkBytes });
    packed.on("data", (chunk) => count(chunk.length));
    const inflate = deflated ? createInflateRaw({ chunkSize: chunkBytes }) : undefined;
    packed.on("error", (error) => inflate?.destroy(error));
    try {
      for await (const chunk of (inflate ? packed.pipe(inflate) : packed) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > size) throw broken(path, `${name} is longer than the archive says`);
        crc = crc32(chunk, crc);
        yield chunk;
      }
    } catch (cause) {
      if (cause instanceof InputError) throw cause;
      throw broken(path, `${name}: ${(cause as Error).message}`, cause);
    } finally {
      packed.destroy();
    }
    // What follows the end of the packed data is not read by zlib.
    if (inflate && inflate.bytesWritten !== packedSize) throw broken(path, `${name} has another packed size`);
  }
  if (bytes !== size) throw broken(path, `${name} has ${bytes} bytes where the archive says ${size}`);
  if (crc !== entry.crc) throw broken(path, `${name} does not have the CRC-32 that the archive says`);
}

async function readDirectory(file: FileHandle, path: string): Promise<DirectoryRecord[]> {
  const { size: fileSize } = await file.stat();
  const { count, bytes, offset } = await directoryPlace(file, path, fileSize);
  if (offset + bytes > fileSize || bytes > largestDirectory) throw broken(path, "its directory is cut off");
  const directory = await bytesAt(file, path, offset, bytes);
  const records: DirectoryRecord[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes || directory.readUInt32LE(at) !== 0x02014b50)
      throw broken(path, "its directory is cut off");
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const end = extraEnd + directory.readUInt16LE(at + 32);
    if (end > bytes) throw broken(path, "its directory is cut off");
    const nameBytes = directory.subarray(at + 46, nameEnd);
    const short = {
      size: directory.readUInt32LE(at + 24),
      packedSize: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
    };
    records.push({
      name: nameBytes.toString("utf8"),
      nameBytes,
      flags: directory.readUInt16LE(at + 8),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      ...longSizes(short, directory.subarray(nameEnd, extraEnd)),
    });
    at = end;
  }
  if (at !== bytes) throw broken(path, "its directory has another size than it says");
  return records;
}

/** Where the directory is, by the record at the file's end, in its long form (Zip64) where that is needed. */
async function directoryPlace(file: FileHandle, path: string, fileSize: number) {
  const tailBytes = Math.min(fileSize, 22 + 0xffff + 20);
  const tail = await bytesAt(file, path, fileSize - tailBytes, tailBytes);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== 0x06054b50 || at + 22 + tail.readUInt16LE(at + 20) !== tail.length)
      continue;
    const short = {
      count: tail.readUInt16LE(at + 10),
      bytes: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
    };
    const locator = at - 20;
    if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return short;
    const long = await bytesAt(file, path, Number(tail.readBigUInt64LE(locator + 8)), 56);
    if (long.readUInt32LE(0) !== 0x06064b50) break;
    return {
      count: Number(long.readBigUInt64LE(32)),
      bytes: Number(long.readBigUInt64LE(40)),
      offset: Number(long.readBigUInt64LE(48)),
    };
  }
  throw broken(path, "it has no directory at its end");
}

type Sizes = Pick<DirectoryRecord, "size" | "packedSize" | "offset">;

/** The sizes of a record; those that 32 bits cannot say are in its Zip64 field, in this order. */
function longSizes(short: Sizes, extra: Buffer): Sizes {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    let next = 0;
    const long = (value: number): number => {
      if (value !== 0xffffffff || next + 8 > field.length) return value;
      next += 8;
      return Number(field.readBigUInt64LE(next - 8));
    };
    return { size: long(short.size), packedSize: long(short.packedSize), offset: long(short.offset) };
  }
  return short;
}

/** Where an entry's bytes begin, by its own header, which must agree with the directory. */
async function startOf(file: FileHandle, path: string, record: DirectoryRecord): Promise<number> {
  const header = await bytesAt(file, path, record.offset, 30);
  const nameLength = header.readUInt16LE(26);
  const name = await bytesAt(file, path, record.offset + 30, nameLength);
  const flags = header.readUInt16LE(6);
  const sizes = [header.readUInt32LE(18), header.readUInt32LE(22)];
  const agrees =
    header.readUInt32LE(0) === 0x04034b50 &&
    header.readUInt16LE(8) === record.method &&
    name.equals(record.nameBytes) &&
    ((flags & SIZES_FOLLOW) !== 0 ||
      (header.readUInt32LE(14) === record.crc &&
        [record.packedSize, record.size].every((n, i) => sizes[i] === n || sizes[i] === 0xffffffff)));
  if (!agrees) throw broken(path, `the header of ${record.name} is not what the directory says`);
  const start = record.offset + 30 + nameLength + header.readUInt16LE(28);
  const { size: fileSize } = await file.stat();
  if (start + record.packedSize > fileSize) throw broken(path, `${record.name} is cut off`);
  return start;
}

async function bytesAt(file: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  if (!Number.isSafeInteger(position) || position < 0)
    throw broken(path, "it names a place outside the file");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw broken(path, "it is cut off");
  return buffer;
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
