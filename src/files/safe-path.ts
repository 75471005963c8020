/** File names read from untrusted files, which must not lead out of the model's folder. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { fileError } from "./file-errors.ts";
import { outsidePath, requireInner } from "./inner-path.ts";

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
  if (!roots.some((root) => real.startsWith(root + sep))) throw outsidePath(name, where);
  return real;
}
