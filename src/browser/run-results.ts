/** The files of a run as the place where a training leaves its results. */
import { crc32 } from "../core/crc32.ts";
import { jsonText } from "../core/json.ts";
import { safetensorsParts } from "../hub/safetensors-checksums.ts";
import type { Arena } from "../runtime/arena.ts";
import {
  checkpointFile,
  type RunWeights,
  type TensorFile,
  weightsFile,
  weightsFrom,
} from "../train/checkpoint-tensors.ts";
import type { LogRow, SampleRow } from "../train/events.ts";
import { logLine, parseLog, parseSamples, samplesText } from "../train/history.ts";
import type { Results } from "../train/memory-results.ts";
import { files as names } from "../train/run-record.ts";
import { readTensorFile } from "./model-tensors.ts";
import { type RunFiles, readText } from "./run-store.ts";

/** The log and the samples of a run so far. */
export async function readHistory(
  files: RunFiles,
): Promise<{ readonly log: LogRow[]; readonly samples: SampleRow[] }> {
  return {
    log: parseLog((await readText(files, names.log)) ?? "", `${files.name}/${names.log}`),
    samples: parseSamples((await readText(files, names.samples)) ?? ""),
  };
}

const writeTensorFile = (files: RunFiles, name: string, { tensors, metadata }: TensorFile): Promise<void> =>
  files.write(name, safetensorsParts(tensors, metadata, crc32));

/** The other files of a model; of a run of adapters also the adapter's configuration. */
const describing = [
  names.config,
  names.generation,
  names.tokenizer,
  names.tokenizerConfig,
  names.adapterConfig,
] as const;

/**
 * The history is written before each checkpoint, not at each row: what is younger than the checkpoint comes again.
 * @param weights which of the arena's parameters the run offers, and in which file
 * @param step of the checkpoint that the training goes on from; 0 for a new one
 */
export async function storedResults(
  files: RunFiles,
  arena: Arena,
  weights: RunWeights,
  step = 0,
): Promise<Results> {
  const before = await readHistory(files);
  const log = before.log.filter((row) => row.step <= step);
  const samples = before.samples.filter((row) => row.step <= step);
  const writeWeights = (at: number, folder = "") =>
    writeTensorFile(files, folder + weights.file, weightsFile(weights, arena, at));
  return {
    rows: log,
    best: ({ step }) => writeWeights(step),
    async last(state, carried) {
      // The checkpoint comes last, so that it never knows more than the files before it.
      if (state.bestLoss === null) await writeWeights(state.step);
      await files.write(names.log, [log.map(logLine).join("")]);
      await files.write(names.samples, [samplesText(samples)]);
      await writeTensorFile(files, names.optimizer, checkpointFile(arena, { state, carried }));
      await files.write(names.state, [jsonText(state)]);
    },
    async log(row) {
      log.push(row);
    },
    async sample(row) {
      samples.push(row);
    },
    async snapshot(at) {
      const folder = `checkpoints/step-${at}/`;
      for (const name of describing) {
        const bytes = await files.read(name);
        if (bytes) await files.write(folder + name, [bytes]);
      }
      await writeWeights(at, folder);
    },
    async offer(keep, state) {
      if (keep === "last") return writeWeights(state.step);
      const source = await readTensorFile(files, weights.file);
      if (source) await weightsFrom(source, weights, arena);
    },
    history: async () => ({ log, samples }),
  };
}
