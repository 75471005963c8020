/** The two places where a training leaves its results: a run folder, and memory. */
import { copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { removePartialFiles, writeFileAtomic } from "../files/atomic.ts";
import { guarded } from "../files/file-errors.ts";
import { jsonText } from "../files/json-file.ts";
import { makeFolder } from "../files/make-folder.ts";
import type { Arena } from "../runtime/arena.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import type { LogRow, SampleRow } from "./events.ts";
import { continueHistory, readLog, readSamples } from "./history.ts";
import { files } from "./run-folder.ts";
import type { TrainState } from "./state.ts";
import type { TrainSink } from "./trainer.ts";
import { type RunWeights, readWeights, writeWeights } from "./weights.ts";

/** A sink that gives back, when the training is over, what the run offers. */
export interface Results extends TrainSink {
  /** Puts the weights that the run offers into the arena, and makes them the run's. */
  offer(keep: "best" | "last", state: TrainState): Promise<void>;
  history(): Promise<{ readonly log: readonly LogRow[]; readonly samples: readonly SampleRow[] }>;
}

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
  const history = await continueHistory(folder, from?.step ?? 0);
  const writeState = (state: TrainState) => writeFileAtomic(join(folder, files.state), jsonText(state));
  // A kill between the checkpoint and its counters for people leaves those of the checkpoint before.
  if (from) await writeState(from);
  const write = (to: string, step: number) => writeWeights(to, weights, arena, step);
  return {
    ...history,
    best: ({ step }) => write(folder, step),
    async last(state, carried) {
      // The checkpoint comes after the weights: a kill between them leaves weights that will come again.
      if (state.bestLoss === null) await write(folder, state.step);
      await writeCheckpoint(folder, arena, { state, carried });
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

/** Nothing but memory: copies of the best weights, the log and the samples. */
export function memoryResults(arena: Arena): Results {
  const log: LogRow[] = [];
  const samples: SampleRow[] = [];
  let best: readonly Float32Array[] | undefined;
  return {
    rows: log,
    async best() {
      best = Object.values(arena.trained).map(({ data }) => data.slice());
    },
    async last() {},
    async log(row) {
      log.push(row);
    },
    async sample(row) {
      samples.push(row);
    },
    async snapshot() {},
    async offer(keep) {
      if (keep === "best" && best) {
        for (const [i, { data }] of Object.values(arena.trained).entries()) data.set(best[i]!);
      }
    },
    history: async () => ({ log, samples }),
  };
}
