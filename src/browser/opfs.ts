/**
 * Runs in the browser's own storage, the origin private file system: `runs/NAME/` as on disk. Nothing leaves the machine,
 * and only pages of the same origin see it.
 */
import { InputError } from "../core/errors.ts";
import type { RunFiles, RunStore, StoredFile } from "./run-store.ts";

const RUNS = "runs";

export function opfsStore(): RunStore {
  const runs = async () => {
    const root = await navigator.storage.getDirectory();
    return root.getDirectoryHandle(RUNS, { create: true });
  };
  return {
    async list() {
      const names: string[] = [];
      for await (const [name, handle] of (await runs()).entries())
        if (handle.kind === "directory") names.push(name);
      return names.sort();
    },
    open: (name) => runFiles(name, async (create) => (await runs()).getDirectoryHandle(name, { create })),
    remove: async (name) => (await runs()).removeEntry(name, { recursive: true }).catch(unlessMissing),
    locked: (name, work) =>
      navigator.locks.request(`punchline-run-${name}`, { ifAvailable: true }, async (lock) => {
        if (lock) return work();
        throw new InputError(
          "folder-in-use",
          `${name} is being trained in another tab; close that tab, or train into another run.`,
          { name },
        );
      }) as ReturnType<typeof work>,
  };
}

type Folder = FileSystemDirectoryHandle;

function runFiles(name: string, folder: (create: boolean) => Promise<Folder>): RunFiles {
  async function fileOf(file: string): Promise<Blob | undefined> {
    try {
      const { parent, last } = await place(await folder(false), file, false);
      return await (await parent.getFileHandle(last)).getFile();
    } catch (error) {
      return unlessMissing(error);
    }
  }
  return {
    name,
    read: async (file) => {
      const found = await fileOf(file);
      return found && new Uint8Array(await found.arrayBuffer());
    },
    blob: fileOf,
    async write(file, content) {
      try {
        const { parent, last } = await place(await folder(true), file, true);
        // The browser writes to a copy, which takes the file's place when it is closed.
        const stream = await (await parent.getFileHandle(last, { create: true })).createWritable();
        try {
          for (const part of content) await stream.write(part);
        } catch (error) {
          await stream.abort().catch(() => {});
          throw error;
        }
        await stream.close();
      } catch (error) {
        throw isNamed(error, "QuotaExceededError") ? storageFull(name, error) : error;
      }
    },
    list: async () => {
      const found = await folder(false).catch(unlessMissing);
      return found ? listed(found, "") : [];
    },
  };
}

async function place(folder: Folder, path: string, create: boolean) {
  const names = path.split("/");
  const last = names.pop()!;
  let parent = folder;
  for (const name of names) parent = await parent.getDirectoryHandle(name, { create });
  return { parent, last };
}

async function listed(folder: Folder, prefix: string): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const [name, handle] of folder.entries()) {
    const path = prefix + name;
    if (handle.kind === "directory") files.push(...(await listed(handle as Folder, `${path}/`)));
    else files.push({ name: path, bytes: (await (handle as FileSystemFileHandle).getFile()).size });
  }
  return files;
}

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof DOMException && error.name === name;

function unlessMissing(error: unknown): undefined {
  if (isNamed(error, "NotFoundError")) return undefined;
  throw error;
}

const storageFull = (name: string, cause: unknown): InputError =>
  new InputError(
    "storage-full",
    `The browser's storage is full, and ${name} could not be saved; download or delete runs that you no longer need.`,
    { name },
    cause,
  );
