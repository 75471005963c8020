/** A folder that is written whole or not at all. */
import { randomBytes } from "node:crypto";
import { readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { InputError, UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { syncFolder } from "./atomic.ts";
import { guarded } from "./file-errors.ts";
import { makeFolder } from "./make-folder.ts";

/** What is written, and the parameter that gives its place, for messages. */
interface Written {
  readonly noun: string;
  readonly parameter: string;
}

/** @throws UsageError where `out` already exists; an empty folder does not count. */
async function refuseTaken(out: string, { noun, parameter }: Written): Promise<void> {
  const taken = (why: string) =>
    new UsageError(`${out} ${why}; choose another ${option(parameter)}.`, { option: parameter, value: out });
  const found = await stat(out).catch(() => undefined);
  if (!found) return;
  if (!found.isDirectory()) throw taken(`is a file, and ${noun} needs a folder`);
  if ((await readdir(out)).length > 0) throw taken(`is not empty, and ${noun} would mix with what is there`);
}

/**
 * Lets `write` fill a temporary folder next to `out` and then renames it, so that `out` never holds half of it.
 * Where `write` fails, nothing is left behind.
 *
 * @returns the files below `out`, sorted, with `/` between folders.
 * @throws UsageError as {@link refuseTaken}; InputError of the file system.
 */
export async function writeFolder(
  out: string,
  write: (folder: string) => Promise<void>,
  written: Written = { noun: "an export", parameter: "out" },
): Promise<string[]> {
  await refuseTaken(out, written);
  const target = resolve(out);
  const partial = `${target}.${randomBytes(4).toString("hex")}.partial`;
  try {
    await makeFolder(partial);
    await write(partial);
    const entries = await readdir(partial, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(partial, join(parentPath, name)).replaceAll("\\", "/"));
    await refuseTaken(out, written);
    // Some systems do not rename over an empty folder.
    await rmdir(target).catch(() => {});
    await rename(partial, target);
    await syncFolder(dirname(target));
    return files.sort();
  } catch (error) {
    // Where the path itself cannot be, nor can this; the first error says more.
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    return guarded("write", out, Promise.reject(namingFolder(error, partial, out)));
  }
}

/** The error with the folder that was asked for where it names the temporary one. */
function namingFolder(error: unknown, partial: string, out: string): unknown {
  if (!(error instanceof InputError && error.message.includes(partial))) return error;
  const { code, message, details, cause } = error;
  const named = (value: unknown) => (typeof value === "string" ? value.replaceAll(partial, out) : value);
  const renamed = Object.fromEntries(Object.entries(details).map(([key, value]) => [key, named(value)]));
  return new InputError(code, message.replaceAll(partial, out), renamed, cause);
}
