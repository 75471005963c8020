/**
 * A run as a folder, readable by Punchline and by others.
 *
 * Invariants, at every moment, also after `kill -9`:
 * - `run.json` is written first. A folder that has it is a run and can be resumed, from its checkpoint or,
 *   where none was written yet, from the beginning; a folder that lacks it but holds another file of this
 *   list belongs to somebody else and is refused.
 * - `optimizer.safetensors` holds one whole training state: `checkpoint.ts`.
 * - `model.safetensors` holds one whole set of weights: those of the best validation, and before there has
 *   been one, those of the last checkpoint. A LoRA run has `adapter_model.safetensors` in its place: `checkpoint.ts`.
 */

import type { Dirent } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError, UsageError } from "../core/errors.ts";
import { jsonText } from "../core/json.ts";
import { checkText, option } from "../core/options.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { exists } from "../files/exists.ts";
import { makeFolder } from "../files/make-folder.ts";
import { readOptionalText } from "../files/regular-file.ts";
import { refuseBuiltInName } from "../hub/built-in.ts";
import { describingFiles, files, type NewRun, parseRecord, type RunRecord } from "./run-record.ts";

/** @throws UsageError where a new run in this folder would write over something. */
export async function refuseTakenFolder(folder: string): Promise<void> {
  refuseBuiltInName(folder);
  const found = await stat(folder).catch(() => undefined);
  if (found && !found.isDirectory())
    throw new UsageError(`${folder} is a file, and a run needs a folder; choose another ${option("out")}.`, {
      option: "out",
      value: folder,
      folder,
    });
  for (const name of Object.values(files)) {
    if (!(await exists(join(folder, name)))) continue;
    const reason =
      name === files.run
        ? `already holds a run; choose another ${option("out")}, or add ${option("resume")} to go on with it.`
        : `holds ${name} but no ${files.run}: it is not a run of Punchline, and a new one would write over it. Choose another ${option("out")}.`;
    throw new UsageError(`${folder} ${reason}`, { option: "out", value: folder, folder, name });
  }
  const other = found && (await readdir(folder, { withFileTypes: true })).find(isOthers);
  if (other)
    throw new UsageError(
      `${folder} holds ${other.name}, which is not of a run, and a run needs a folder of its own; choose another ${option("out")}, such as ${join(folder, "run")}.`,
      { option: "out", value: folder, folder, name: other.name },
    );
}

/** Folders, such as other runs, and weights. Logs, scripts and texts may lie in the folder of a run to come. */
const isOthers = (entry: Dirent): boolean =>
  !entry.name.startsWith(".") &&
  (entry.isDirectory() ||
    /\.(?:safetensors|pt|pth|ckpt|onnx|gguf)$|^pytorch_model.*\.bin$|^package\.json$/.test(entry.name));

/** Writes what a run knows before its first step. */
export async function writeRunFiles(folder: string, run: NewRun): Promise<void> {
  await makeFolder(folder);
  for (const [name, text] of Object.entries(describingFiles(run)))
    await writeFileAtomic(join(folder, name), text);
}

export const writeRecord = (folder: string, record: RunRecord): Promise<void> =>
  writeFileAtomic(join(folder, files.run), jsonText(record));

export const hasRecord = async (folder: string): Promise<boolean> =>
  (await readOptionalText(join(folder, files.run))) !== undefined;

/** Removes a run that never came to its first checkpoint. */
export async function removeRun(folder: string): Promise<void> {
  // run.json last: as long as it is there, the rest is known to be a run's.
  for (const name of Object.values(files).toReversed()) await rm(join(folder, name), { force: true });
}

/** @throws InputError `not-a-run` where the folder has no run.json of this format. */
export async function readRun(folder: string): Promise<RunRecord> {
  const record = await findRun(folder);
  if (record) return record;
  throw new InputError(
    "not-a-run",
    `${folder} is not a run folder: it has no ${files.run}, which a training with ${option("out")} writes.`,
    { folder },
  );
}

/**
 * The same, or undefined where nothing has begun: a training that was killed before it wrote run.json leaves
 * no other file of a run.
 */
export async function findRun(folder: string): Promise<RunRecord | undefined> {
  checkText(folder, "folder");
  const path = join(folder, files.run);
  const text = await readOptionalText(path);
  return text === undefined ? undefined : parseRecord(text, path);
}
