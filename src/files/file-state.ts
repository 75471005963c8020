/** What shows that a file is still the one that was read before. */
import { stat } from "node:fs/promises";

/** A file's path, size and time of change, as one text; undefined where there is no file. */
export async function fileState(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? `${path} ${found.size} ${found.mtimeMs}` : undefined;
}
