/** Novelty indices kept in files, in Node. */
import { open, readFile, rename, rm } from "node:fs/promises";
import { PunchlineError } from "../../core/errors.ts";
import { regularFileIfAny } from "../../files/regular-file.ts";
import { indexFromBytes, indexToBytes } from "./index-bytes.ts";
import { buildIndex, type TrainingIndex } from "./training-index.ts";

/** Writes the index under a temporary name, syncs and renames it: the file is whole or not there. */
export async function saveIndex(path: string, index: TrainingIndex): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(unfinished, "w");
    try {
      for (const piece of indexToBytes(index)) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/**
 * Reads an index.
 * @throws InputError as `indexFromBytes`: no index, another version, damaged, or made from other texts
 */
export async function loadIndex(path: string, texts: readonly string[]): Promise<TrainingIndex> {
  await regularFileIfAny(path);
  return indexFromBytes(await readFile(path), texts);
}

export interface OpenedIndex {
  readonly index: TrainingIndex;
  /** True where it came from the file. */
  readonly reused: boolean;
  /** Why an existing file was not used: one sentence. */
  readonly reason?: string | undefined;
}

/**
 * The index at `path` where it fits the texts; otherwise a new one, which replaces it. Where the file cannot be
 * written (no permission, a full disk) the index is not kept.
 */
export async function openIndex(path: string, texts: readonly string[]): Promise<OpenedIndex> {
  let reason: string | undefined;
  try {
    return { index: await loadIndex(path, texts), reused: true };
  } catch (error) {
    if (error instanceof PunchlineError) reason = error.message;
    else if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const index = buildIndex(texts);
  await saveIndex(path, index).catch((error: NodeJS.ErrnoException) => {
    if (error.code === undefined) throw error;
    reason = `The index cannot be kept at ${path} (${error.code}).`;
  });
  return { index, reused: false, reason };
}
