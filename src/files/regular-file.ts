/**
 * Files with names from outside. A FIFO would wait for a writer, a device may never end: both are refused
 * before they are opened.
 */
import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { InputError } from "../core/errors.ts";
import { decodeText } from "./encoding.ts";
import { fileError, systemCode } from "./file-errors.ts";

/** What something that is not a regular file is, with its article; undefined for a regular file. */
export function notRegular(info: Stats): string | undefined {
  if (info.isFile()) return undefined;
  if (info.isDirectory()) return "a folder";
  if (info.isFIFO()) return "a named pipe";
  if (info.isSocket()) return "a socket";
  return "a device";
}

/**
 * The size and times of the regular file at `path`, links followed.
 * @throws InputError `not-a-file` where it is a folder, a pipe, a socket or a device; else as `fileError`
 */
export async function regularFile(path: string, doing: "read" | "write" = "read"): Promise<Stats> {
  const info = await stat(path).catch((cause: unknown) => {
    throw fileError(doing, path, cause);
  });
  const kind = notRegular(info);
  if (kind !== undefined) {
    throw new InputError("not-a-file", `Cannot ${doing} ${path}: it is ${kind}, and a file was expected.`, {
      path,
    });
  }
  return info;
}

/** The same, or undefined where there is nothing at `path`. */
export const regularFileIfAny = (path: string, doing?: "read" | "write"): Promise<Stats | undefined> =>
  ifAny(regularFile(path, doing));

/** Bytes of a file that is read whole; the largest tokenizers have a tenth of it. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * The text of a small file that is read whole, decoded as `decodeText` does.
 * @throws InputError `file-size`, and as `regularFile` and `decodeText`
 */
export async function readTextFile(path: string): Promise<string> {
  const { size } = await regularFile(path);
  // Files of /proc report a size of 0, and reading one may block for ever.
  if (size === 0) return "";
  if (size > MOST_BYTES) {
    throw new InputError(
      "file-size",
      `Cannot read ${path}: it has ${Math.round(size / 1e6)} MB, and such a file may have ${Math.round(MOST_BYTES / 1e6)} MB at most.`,
      { path, limit: MOST_BYTES },
    );
  }
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw fileError("read", path, cause);
  });
  return decodeText(bytes, path);
}

/** The same, or undefined where there is no such file. */
export const readOptionalText = (path: string): Promise<string | undefined> => ifAny(readTextFile(path));

const ifAny = <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: unknown) => {
    const system = error instanceof InputError ? systemCode(error.cause) : undefined;
    if (system === "ENOENT" || system === "ENOTDIR") return undefined;
    throw error;
  });
