/** The folders of `runs/` as a store of runs, of which no name and no path leads out. */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  checkFilePath,
  checkRunName,
  type RunFiles,
  type RunStore,
  type StoredFile,
} from "../../browser/run-store.ts";
import { InputError } from "../../core/errors.ts";
import { PARTIAL, writeFileAtomic } from "../../files/atomic.ts";
import { exists } from "../../files/exists.ts";
import { guarded } from "../../files/file-errors.ts";
import { isInnerPath } from "../../files/inner-path.ts";
import { withFolderLock } from "../../files/lock.ts";
import { files as names } from "../../train/run-record.ts";

/**
 * The folder of the run `name` in `root`.
 * @throws InputError `run-name` for a name that is no plain one, or hidden
 */
export function runFolder(root: string, name: string): string {
  checkRunName(name);
  if (name.startsWith(".") || !isInnerPath(name))
    throw new InputError(
      "run-name",
      `${JSON.stringify(name)} cannot be the name of a run on this machine; give one without ":" that does not begin with a dot.`,
      { name },
    );
  return join(root, name);
}

/** @param root the folder of the runs, which need not exist yet */
export function folderStore(root: string): RunStore {
  return {
    async list() {
      const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
      const found: string[] = [];
      for (const { name } of entries) if (await isRun(root, name)) found.push(name);
      return found.sort();
    },
    open: (name) => runFiles(runFolder(root, name), name),
    async remove(name) {
      await guarded("write", join(root, name), rm(runFolder(root, name), { recursive: true, force: true }));
    },
    locked: async (name, work) => withFolderLock(runFolder(root, name), work),
  };
}

async function isRun(root: string, name: string): Promise<boolean> {
  try {
    const folder = runFolder(root, name);
    return (await exists(join(folder, names.run))) || (await exists(join(folder, names.config)));
  } catch {
    return false;
  }
}

/** The files of one folder. */
export function runFiles(folder: string, name: string): RunFiles {
  const at = (file: string): string => {
    checkFilePath(file);
    return join(folder, file);
  };
  return {
    name,
    async read(file) {
      const path = at(file);
      if (!(await stat(path).catch(() => undefined))?.isFile()) return undefined;
      return new Uint8Array(await guarded("read", path, readFile(path)));
    },
    async write(file, content) {
      const encoder = new TextEncoder();
      async function* parts() {
        for (const part of content)
          if (part instanceof Blob) yield* part.stream();
          else yield typeof part === "string" ? encoder.encode(part) : part;
      }
      await writeFileAtomic(at(file), parts());
    },
    list: () => listed(folder, ""),
  };
}

/** The files below a folder, without those that Punchline hides: locks, and what is being written. */
async function listed(folder: string, prefix: string): Promise<StoredFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: StoredFile[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".") || entry.name.endsWith(PARTIAL)) continue;
    if (entry.isDirectory()) found.push(...(await listed(path, `${prefix}${entry.name}/`)));
    const info = entry.isFile() ? await stat(path).catch(() => undefined) : undefined;
    if (info) found.push({ name: prefix + entry.name, bytes: info.size });
  }
  return found;
}
