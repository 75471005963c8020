/** Files of the page's own in the browser's storage, beside the runs. */

export interface Storage {
  /** @throws DOMException where there is no such file */
  read(name: string): Promise<File>;
  /** Writes a file whole or not at all. */
  write(name: string, content: FileSystemWriteChunkType): Promise<void>;
  remove(name: string): Promise<void>;
}

/** @throws TypeError or DOMException where the browser has no storage, as on a page without https, or it is switched off */
export async function storage(): Promise<Storage> {
  const root = await navigator.storage.getDirectory();
  return {
    read: async (name) => (await root.getFileHandle(name)).getFile(),
    async write(name, content) {
      const stream = await (await root.getFileHandle(name, { create: true })).createWritable();
      try {
        await stream.write(content);
      } catch (error) {
        await stream.abort().catch(() => {});
        throw error;
      }
      await stream.close();
    },
    remove: (name) => root.removeEntry(name).catch(() => {}),
  };
}

/**
 * Work on several files, in which no other tab writes to them meanwhile.
 * @throws TypeError or DOMException where the browser has no storage, as on a page without https, or it is switched off
 */
export const alone = async <T>(work: (files: Storage) => Promise<T>): Promise<T> =>
  navigator.locks.request("punchline-studio-files", async () => work(await storage())) as Promise<T>;
