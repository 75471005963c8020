/**
 * Files that are either whole or not there: written under a temporary name, synced, renamed.
 *
 * @example
 * await writeFileAtomic("runs/a/state.json", JSON.stringify(state));
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { guarded } from "./file-errors.ts";
import { makeFolder } from "./make-folder.ts";
import { regularFileIfAny } from "./regular-file.ts";

/** Ends the name of a file that is still being written. */
export const PARTIAL = ".partial";
/** Most bytes given to one write call; Node refuses 2 GiB and more. */
const MAX_WRITE = 64 << 20;

export type FileChunk = string | Uint8Array;
export type FileContent = FileChunk | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes `content` to `path` so that at every moment, also after `kill -9` or a power cut, `path` holds
 * either the old content or the new one, whole. Missing parent folders are made. Chunks are written as
 * they come, without a copy: the memory behind a chunk must not change until the next one is asked for.
 *
 * @throws InputError `disk-full`, `not-permitted`, `not-a-file` or `file`; nothing is left behind.
 * Errors of the chunk source pass through as they are.
 */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  const folder = dirname(path);
  const partial = join(folder, `.${basename(path)}.${randomBytes(4).toString("hex")}${PARTIAL}`);
  const guard = <T>(step: Promise<T>): Promise<T> => guarded("write", path, step);

  await guard(makeFolder(folder));
  // A rename would put a file in the place of a device.
  await regularFileIfAny(path, "write");
  const file = await guard(open(partial, "wx"));
  try {
    try {
      for await (const chunk of chunksOf(content)) await guard(writeAll(file, chunk));
      await guard(file.sync());
    } finally {
      await file.close();
    }
    await guard(rename(partial, path));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await guard(syncFolder(folder));
}

/**
 * Deletes what killed writers left half-written in `folder`.
 * @param idle milliseconds since a file was last written to, from which on its writer is taken for dead. Default 0, for
 * whoever holds the folder's lock
 */
export async function removePartialFiles(folder: string, idle = 0): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(".") || !name.endsWith(PARTIAL)) continue;
    const path = join(folder, name);
    if (idle > 0 && Date.now() - (await stat(path)).mtimeMs < idle) continue;
    await rm(path, { force: true });
  }
}

/** Makes renames and new names inside `folder` survive a power cut, where the system can sync folders. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of `chunk` at the file's position, however many calls that takes. */
export async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, at, Math.min(MAX_WRITE, chunk.byteLength - at));
    at += bytesWritten;
  }
}

function chunksOf(content: FileContent): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}
