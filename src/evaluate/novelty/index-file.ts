/** Novelty indices kept in files, in Node. */
import { readFile } from "node:fs/promises";
import { InputError, PunchlineError } from "../../core/errors.ts";
import { writeFileAtomic } from "../../files/atomic.ts";
import { regularFileIfAny } from "../../files/regular-file.ts";
import { indexFromBytes, indexToBytes } from "./index-bytes.ts";
import { buildIndex, type TrainingIndex } from "./training-index.ts";

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
  await writeFileAtomic(path, indexToBytes(index)).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    reason = error.message;
  });
  return { index, reused: false, reason };
}
