/**
 * The bytes of a file, unpacked where it is gzip or zip, and known to be UTF-8 text where text is asked for.
 */
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { InputError } from "../../core/errors.ts";
import { onlyEntry } from "./zip.ts";

export interface FileBytes {
  readonly name: string;
  /** How it is packed, and in an archive the name of the one file inside. */
  readonly packed?: { readonly as: "gz" } | { readonly as: "zip"; readonly entry: string };
  readonly progress: { bytes: number; totalBytes: number };
  chunks(): AsyncGenerator<Buffer>;
}

const chunkBytes = 256 * 1024;

/**
 * Opens a file for reading.
 * @param isData tells by its name whether a file in a zip archive is one of texts
 * @throws InputError `missing-file`, `not-a-file`, `empty-file`, `unreadable-file`, and as {@link onlyEntry}
 */
export async function openFile(path: string, isData: (name: string) => boolean): Promise<FileBytes> {
  const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === "ENOENT" ? "does not exist" : `cannot be read (${cause.code})`;
    const code = cause.code === "ENOENT" ? "missing-file" : "unreadable-file";
    throw new InputError(code, `${path} ${reason}; check the name.`, { file: path }, cause);
  });
  if (info.isDirectory()) {
    throw new InputError("not-a-file", `${path} is a folder; give a file in it.`, { file: path });
  }
  if (info.isFile() && info.size === 0) throw emptyFile(path);
  const start = await firstBytes(path);
  if (start.length >= 4 && start.readUInt32BE(0) === 0x504b0304) {
    const { name: entry, bytes } = await onlyEntry(path, isData);
    if (bytes.length === 0) throw emptyFile(`${path}: ${entry}`);
    const progress = { bytes: 0, totalBytes: bytes.length };
    return { name: path, packed: { as: "zip", entry }, progress, chunks: () => piecesOf(bytes, progress) };
  }
  const gzip = start.length >= 2 && start[0] === 0x1f && start[1] === 0x8b;
  const progress = { bytes: 0, totalBytes: info.size };
  const chunks = () => chunksOf(path, gzip, progress);
  return { name: path, ...(gzip ? { packed: { as: "gz" } as const } : {}), progress, chunks };
}

export function emptyFile(file: string): InputError {
  return new InputError("empty-file", `${file} is empty; give a file with at least a few texts.`, { file });
}

async function firstBytes(path: string): Promise<Buffer> {
  try {
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new InputError(
      "unreadable-file",
      `${path} cannot be read (${code}); check its permissions.`,
      { file: path },
      cause,
    );
  }
}

async function* piecesOf(bytes: Uint8Array, progress: { bytes: number }): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const piece = bytes.subarray(at, at + chunkBytes);
    progress.bytes += piece.length;
    yield Buffer.from(piece.buffer, piece.byteOffset, piece.length);
  }
}

async function* chunksOf(path: string, gzip: boolean, progress: { bytes: number }): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: chunkBytes });
  file.on("data", (chunk) => {
    progress.bytes += chunk.length;
  });
  try {
    if (!gzip) yield* file as AsyncIterable<Buffer>;
    else {
      const unpacked = createGunzip({ chunkSize: chunkBytes });
      file.on("error", (error) => unpacked.destroy(error));
      yield* file.pipe(unpacked) as AsyncIterable<Buffer>;
    }
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException;
    const packed = error.code?.startsWith("Z_");
    throw new InputError(
      packed ? "broken-gzip" : "unreadable-file",
      packed
        ? `${path} is not whole gzip data (${error.message}); fetch or pack it again.`
        : `${path} cannot be read (${error.code ?? error.message}).`,
      { file: path },
      cause,
    );
  } finally {
    file.destroy();
  }
}

/**
 * The chunks of a text file, each ending between characters, without a byte order mark.
 * @throws InputError `binary-file` or `utf-8`, with the line and byte where the text stops being UTF-8.
 */
export async function* textChunks(file: FileBytes): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  let position = 0;
  let line = 1;
  let first = true;
  const check = (chunk: Buffer): Buffer => {
    refuseBinary(file.name, chunk, position);
    if (!isUtf8(chunk)) throw invalidUtf8(file.name, chunk, position, line);
    position += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) line++;
    return chunk;
  };
  for await (const chunk of file.chunks()) {
    let joined = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (first && joined.length < 4) {
      held = joined;
      continue;
    }
    if (first) {
      const bytes = joined.length;
      joined = withoutMark(file.name, joined);
      position = bytes - joined.length;
    }
    first = false;
    const whole = joined.length - openTail(joined);
    held = joined.subarray(whole);
    if (whole > 0) yield check(joined.subarray(0, whole));
  }
  if (held.length > 0) yield check(first ? withoutMark(file.name, held) : held);
}

/** The whole file as one string, for formats that cannot be read in pieces. */
export async function wholeText(file: FileBytes): Promise<string> {
  const parts: string[] = [];
  for await (const chunk of textChunks(file)) parts.push(chunk.toString("utf8"));
  return parts.join("");
}

function withoutMark(name: string, bytes: Buffer): Buffer {
  if (
    bytes.length >= 2 &&
    ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
  ) {
    throw new InputError("utf-8", `${name} is UTF-16; save it as UTF-8.`, { file: name });
  }
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** How many bytes at the end begin a character that is not finished: 0 to 3. */
function openTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < length ? back : 0;
    }
  }
  return 0;
}

function refuseBinary(name: string, chunk: Buffer, position: number): void {
  const zero = chunk.indexOf(0);
  if (zero < 0) return;
  throw new InputError(
    "binary-file",
    `${name} is not a text file (byte ${position + zero} is zero); give text in UTF-8, or name its format.`,
    { file: name, byte: position + zero },
  );
}

function invalidUtf8(name: string, chunk: Buffer, position: number, lineBefore: number): InputError {
  let low = 0;
  let high = chunk.length;
  // The longest prefix that is UTF-8 up to an unfinished character ends where the fault is.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const prefix = chunk.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, middle - openTail(prefix)))) low = middle;
    else high = middle - 1;
  }
  const valid = low - openTail(chunk.subarray(0, low));
  let line = lineBefore;
  for (let at = chunk.indexOf(10); at >= 0 && at < valid; at = chunk.indexOf(10, at + 1)) line++;
  const byte = chunk[valid]?.toString(16).padStart(2, "0") ?? "";
  return new InputError(
    "utf-8",
    `${name}, line ${line}: byte ${position + valid} (0x${byte}) is not UTF-8; save the file as UTF-8.`,
    { file: name, line, byte: position + valid },
  );
}
