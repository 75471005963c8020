/** A run folder as the place where a training leaves its results. */

import { appendFile, copyFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { jsonText } from "../core/json.ts";
import { checkName, checkText } from "../core/options.ts";
import { removePartialFiles, writeFileAtomic } from "../files/atomic.ts";
import { fileError, guarded } from "../files/file-errors.ts";
import { makeFolder } from "../files/make-folder.ts";
import { regularFileIfAny } from "../files/regular-file.ts";
import type { Arena } from "../runtime/arena.ts";
import { readWeights, writeCheckpoint, writeWeights } from "./checkpoint.ts";
import type { RunWeights } from "./checkpoint-tensors.ts";
import type { LogRow, SampleRow } from "./events.ts";
import { logLine, parseLog, parseSamples, samplesText } from "./history.ts";
import type { Results } from "./memory-results.ts";
import { files } from "./run-record.ts";
import type { TrainState } from "./state.ts";

/**
 * Files of `folder`.
 * @param weights which of the arena's parameters the run offers, and in which file
 * @param from the state of a resumed run
 */
export async function folderResults(
  folder: string,
  arena: Arena,
  weights: RunWeights,
  from?: TrainState,
): Promise<Results> {
  checkName(folder, "folder");
  const history = await continueHistory(folder, from?.step ?? 0);
  const writeState = (state: TrainState) => writeFileAtomic(join(folder, files.state), jsonText(state));
  // A kill between the checkpoint and its counters for people leaves those of the checkpoint before.
  if (from) await writeState(from);
  const write = (to: string, step: number) => writeWeights(to, weights, arena, step);
  return {
    ...history,
    best: ({ step }) => write(folder, step),
    async last(state, carried, outer) {
      // The checkpoint comes after the weights: a kill between them leaves weights that will come again.
      if (state.bestLoss === null) await write(folder, state.step);
      await writeCheckpoint(folder, arena, { state, carried, outer });
      await writeState(state);
    },
    async snapshot(step) {
      const copy = join(folder, "checkpoints", `step-${step}`);
      await makeFolder(copy);
      await removePartialFiles(copy);
      const present = new Set(await readdir(folder));
      for (const name of describing)
        if (present.has(name))
          await guarded("write", join(copy, name), copyFile(join(folder, name), join(copy, name)));
      await write(copy, step);
    },
    async offer(keep, { step }) {
      if (keep === "last") await write(folder, step);
      else await readWeights(folder, weights, arena);
    },
    history: async () => ({ log: await readLog(folder), samples: await readSamples(folder) }),
  };
}

/** The other files of a model's folder; of LoRA runs also the adapter's configuration. */
const describing = [
  files.config,
  files.generation,
  files.tokenizer,
  files.tokenizerConfig,
  files.adapterConfig,
] as const;

/** Also where a kill has torn the last character. */
async function textOf(path: string): Promise<string> {
  if (!(await regularFileIfAny(path))) return "";
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw fileError("read", path, cause);
  });
}

/** @throws InputError `log` that names the line which is no row */
export async function readLog(folder: string): Promise<LogRow[]> {
  checkText(folder, "folder");
  const path = join(folder, files.log);
  return parseLog(await textOf(path), path);
}

export const readSamples = async (folder: string): Promise<SampleRow[]> =>
  parseSamples(await textOf(join(folder, files.samples)));

/** Goes on with a run's history; what is younger than `step` is dropped, and will come again. */
export async function continueHistory(folder: string, step: number) {
  const path = join(folder, files.log);
  const log = (await readLog(folder)).filter((row) => row.step <= step);
  const samples = (await readSamples(folder)).filter((row) => row.step <= step);
  const writeSamples = () => writeFileAtomic(join(folder, files.samples), samplesText(samples));
  await writeFileAtomic(path, log.map(logLine).join(""));
  await writeSamples();
  return {
    rows: log as readonly LogRow[],
    async log(row: LogRow): Promise<void> {
      log.push(row);
      await appendFile(path, logLine(row)).catch((cause: unknown) => {
        throw fileError("write", path, cause);
      });
    },
    async sample(row: SampleRow): Promise<void> {
      samples.push(row);
      await writeSamples();
    },
  };
}

/**
 * A checkpoint is written before the first row of the log, so a log without one has lost it.
 * @throws InputError `checkpoint` rather than begin such a run again
 */
export async function refuseLostCheckpoint(folder: string): Promise<void> {
  if ((await readLog(folder)).length === 0) return;
  throw new InputError(
    "checkpoint",
    `${folder} cannot go on: its checkpoint, ${files.optimizer}, is gone. Its weights can still be used; train on in a new folder.`,
    { folder },
  );
}
