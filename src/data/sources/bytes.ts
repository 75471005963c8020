/** The bytes of a file, unpacked where it is gzip or zip, up to a limit that no honest file of texts reaches. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { InputError } from "../../core/errors.ts";
import { notRegular } from "../../files/regular-file.ts";
import { entryBytes, onlyEntry } from "./zip.ts";

export interface FileBytes {
  readonly name: string;
  /** How it is packed, and in an archive the name of the one file inside. */
  readonly packed?: { readonly as: "gz" } | { readonly as: "zip"; readonly entry: string } | undefined;
  readonly progress: { bytes: number; readonly totalBytes: number };
  /** The contents from the beginning; may be called several times. */
  chunks(): AsyncGenerator<Buffer>;
}

const chunkBytes = 256 * 1024;

/** A packed file may always unpack to this much, whatever its size. */
const freeBytes = 64 * 1024 * 1024;
/** Larger contents may be this many times the size of the packed file; texts are packed to a half or a twentieth. */
const mostPacked = 100;

/**
 * Opens a file for reading.
 * @param isData whether a file in a zip archive, given by its name, is a file of texts
 * @throws InputError `missing-file`, `not-a-file`, `empty-file`, `unreadable-file`, and as {@link onlyEntry}
 */
export async function openFile(path: string, isData: (name: string) => boolean): Promise<FileBytes> {
  const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === "ENOENT" ? "does not exist" : `cannot be read (${cause.code})`;
    const code = cause.code === "ENOENT" ? "missing-file" : "unreadable-file";
    throw new InputError(code, `${path} ${reason}; check the name.`, { file: path }, cause);
  });
  // Devices and pipes, which may never end or wait for a writer, are not opened at all.
  const kind = notRegular(info);
  if (kind !== undefined) {
    const advice = info.isDirectory() ? "give a file in it" : "write its contents to a file and give that";
    throw new InputError("not-a-file", `${path} is ${kind}; ${advice}.`, { file: path });
  }
  if (info.size === 0) throw emptyFile(path);
  const start = await firstBytes(path);
  const progress = { bytes: 0, totalBytes: info.size };
  if (start.length >= 4 && start.readUInt32BE(0) === 0x504b0304) {
    const entry = await onlyEntry(path, isData);
    if (entry.size === 0) throw emptyFile(`${path}: ${entry.name}`);
    if (entry.size > unpackedLimit(info.size)) throw tooLarge(path, info.size);
    return {
      name: path,
      packed: { as: "zip", entry: entry.name },
      progress,
      chunks: () => limited(entryBytes(path, entry, counter(progress)), path, info.size),
    };
  }
  const gzip = start.length >= 2 && start[0] === 0x1f && start[1] === 0x8b;
  if (!gzip) return { name: path, progress, chunks: () => chunksOf(path, false, progress) };
  const chunks = () => limited(chunksOf(path, true, progress), path, info.size);
  return { name: path, packed: { as: "gz" }, progress, chunks };
}

export function emptyFile(file: string): InputError {
  return new InputError("empty-file", `${file} is empty; give a file with at least a few texts.`, { file });
}

const unpackedLimit = (packedBytes: number) => Math.max(freeBytes, mostPacked * packedBytes);

/** The same chunks, as long as they stay within what a file of this size may unpack to. */
async function* limited(
  chunks: AsyncGenerator<Buffer>,
  path: string,
  packedBytes: number,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > unpackedLimit(packedBytes)) throw tooLarge(path, packedBytes);
    yield chunk;
  }
}

function tooLarge(path: string, packedBytes: number): InputError {
  const limit = unpackedLimit(packedBytes);
  return new InputError(
    "unpacked-size",
    `${path} unpacks to more than ${Math.floor(limit / 2 ** 20)} MB, over ${mostPacked} times its size, as files made to ` +
      "fill a machine do; if you trust it, unpack it yourself and give what comes out.",
    { file: path, limit },
  );
}

/** Counts what is read of a file; a second reading begins again. */
function counter(progress: { bytes: number }): (bytes: number) => void {
  progress.bytes = 0;
  return (bytes) => {
    progress.bytes += bytes;
  };
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

async function* chunksOf(path: string, gzip: boolean, progress: { bytes: number }): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: chunkBytes });
  const count = counter(progress);
  file.on("data", (chunk) => count(chunk.length));
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
