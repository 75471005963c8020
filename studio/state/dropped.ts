/** The files of a folder that was dropped, with their paths. */

export interface NamedFile {
  /** With the folder: `gpt2/config.json`. */
  readonly path: string;
  readonly file: File;
}

export async function droppedFolder({ items, files }: DataTransfer): Promise<readonly NamedFile[]> {
  // Entries are gone once the event is over.
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...files].map((file) => ({ path: file.name, file }));
  const found: NamedFile[] = [];
  for (const entry of entries) await collect(entry, "", found);
  return found;
}

async function collect(entry: FileSystemEntry, before: string, found: NamedFile[]): Promise<void> {
  const path = before + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A hundred at a time.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return;
    for (const inner of entries) await collect(inner, `${path}/`, found);
  }
}
