/** Files of a disk. */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { crc32, createGunzip, createInflateRaw } from "node:zlib";
import { InputError } from "../../core/errors.ts";
import { notRegular } from "../../files/regular-file.ts";
import { type FileBytes, fileBytes } from "./bytes.ts";
import type { RawFile } from "./raw-file.ts";

const chunkBytes = 256 * 1024;
/** Most that one call of the system reads. */
const mostAtOnce = 2 ** 30;

/**
 * Opens a file for reading.
 * @param isData whether a file in a zip archive, given by its name, is a file of texts
 * @throws InputError `missing-file`, `not-a-file`, and as {@link fileBytes}
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
  return fileBytes(diskFile(path, info.size), isData);
}

const diskFile = (path: string, size: number): RawFile => ({
  name: path,
  size,
  async *pieces(start, end) {
    if (end <= start) return;
    const stream = createReadStream(path, { start, end: end - 1, highWaterMark: chunkBytes });
    try {
      yield* stream as AsyncIterable<Buffer>;
    } catch (cause) {
      throw unreadable(path, cause);
    } finally {
      stream.destroy();
    }
  },
  async part(start, end) {
    const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
    try {
      const handle = await open(path);
      try {
        let at = 0;
        while (at < bytes.length) {
          const { bytesRead } = await handle.read(
            bytes,
            at,
            Math.min(bytes.length - at, mostAtOnce),
            start + at,
          );
          if (bytesRead === 0) break;
          at += bytesRead;
        }
        return at === bytes.length ? bytes : bytes.slice(0, at);
      } finally {
        await handle.close();
      }
    } catch (cause) {
      throw unreadable(path, cause);
    }
  },
  async *unpack(packed, format) {
    let given = 0;
    async function* source() {
      for await (const piece of packed) {
        given += piece.length;
        yield piece;
      }
    }
    const from = Readable.from(source(), { objectMode: false });
    const inflate =
      format === "gzip"
        ? createGunzip({ chunkSize: chunkBytes })
        : createInflateRaw({ chunkSize: chunkBytes });
    from.on("error", (error) => inflate.destroy(error));
    try {
      yield* from.pipe(inflate) as AsyncIterable<Buffer>;
    } finally {
      from.destroy();
    }
    // What follows the end of the packed data is not read by zlib.
    if (format === "deflate-raw" && inflate.bytesWritten !== given)
      throw new Error("something follows the end of what is packed");
  },
  crc32,
});

function unreadable(path: string, cause: unknown): InputError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new InputError(
    "unreadable-file",
    `${path} cannot be read (${code ?? message}); check its permissions.`,
    { file: path },
    cause,
  );
}
