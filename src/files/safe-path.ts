/** File names read from untrusted files, which must not lead out of the model's folder. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join, posix, sep } from "node:path";
import { InputError } from "../core/errors.ts";
import { fileError } from "./file-errors.ts";

/** Whether `name` is a plain relative path with forward slashes that stays below where it starts. */
export function isInnerPath(name: string): boolean {
  return (
    name !== "" &&
    !/[\\\0:]/.test(name) &&
    !posix.isAbsolute(name) &&
    posix.normalize(name) === name &&
    !name.split("/").includes("..")
  );
}

const outside = (name: string, where: string): InputError =>
  new InputError(
    "path-outside",
    `Cannot use ${where}: it names ${JSON.stringify(name)}, which leads out of the model's folder; do not trust this model.`,
    { name, where },
  );

/** @throws InputError `path-outside` where {@link isInnerPath} is false of `name`, which `where` (an index file) names */
export function requireInner(name: string, where: string): void {
  if (!isInnerPath(name)) throw outside(name, where);
}

/**
 * The real path of the file `name` in `folder`, which `where` (an index file) names. Links are followed
 * and must end in the folder too, or among the blobs of the same repository in the Hub's cache.
 *
 * @throws InputError `path-outside` where it leads elsewhere, `not-found` where there is no such file.
 */
export async function innerFile(folder: string, name: string, where: string): Promise<string> {
  requireInner(name, where);
  const path = join(folder, name);
  const real = await realpath(path).catch((cause: unknown) => {
    throw fileError("read", path, cause);
  });
  const home = await realpath(folder);
  const snapshots = dirname(home);
  const roots = basename(snapshots) === "snapshots" ? [home, join(dirname(snapshots), "blobs")] : [home];
  if (!roots.some((root) => real.startsWith(root + sep))) throw outside(name, where);
  return real;
}
