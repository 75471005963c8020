/** Folders with their parents. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isFolder } from "./exists.ts";
import { guarded, systemCode } from "./file-errors.ts";

/**
 * Makes a folder and what is missing above it. Node's own recursive `mkdir` never ends below `/proc`, which says of
 * every new name that it does not exist (nodejs/node, fs.promises.mkdir).
 * @throws InputError as `fileError`
 */
export const makeFolder = (path: string): Promise<void> => guarded("write", path, make(path));

async function make(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    if (await isFolder(path)) return;
    const parent = dirname(path);
    if (systemCode(cause) !== "ENOENT" || (await isFolder(parent))) throw cause;
    await make(parent);
    await mkdir(path).catch(async (cause: unknown) => {
      if (!(await isFolder(path))) throw cause;
    });
  }
}
