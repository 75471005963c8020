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
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InputError, UsageError } from "../core/errors.ts";
import { parseJsonText } from "../core/json.ts";
import { option } from "../core/options.ts";
import { version } from "../core/version.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { exists } from "../files/exists.ts";
import { type JsonObject, jsonText } from "../files/json-file.ts";
import { makeFolder } from "../files/make-folder.ts";
import { readOptionalText } from "../files/regular-file.ts";
import { generationConfig } from "../generate/save.ts";
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from "../hub/adapter.ts";
import { refuseBuiltInName } from "../hub/built-in.ts";
import { WEIGHTS_FILE } from "../hub/safetensors-file.ts";
import type { ModelConfig, OptionValues } from "../models/model.ts";
import type { Device } from "../runtime/backend.ts";
import type { TextCleaning } from "../text/clean.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { TrainOptions } from "./options.ts";

export const files = {
  run: "run.json",
  config: "config.json",
  generation: "generation_config.json",
  tokenizer: "tokenizer.json",
  tokenizerConfig: "tokenizer_config.json",
  weights: WEIGHTS_FILE,
  adapterConfig: ADAPTER_CONFIG_FILE,
  adapterWeights: ADAPTER_WEIGHTS_FILE,
  optimizer: "optimizer.safetensors",
  state: "state.json",
  log: "log.jsonl",
  samples: "samples.md",
  texts: "texts.jsonl",
} as const;

/** `run.json`: everything needed to repeat the run. */
export interface RunRecord {
  readonly format: "punchline-run";
  readonly version: 1;
  /** The version of Punchline that began it. */
  readonly punchline: string;
  /** ISO 8601. */
  readonly created: string;
  /** The architecture. */
  readonly model: string;
  /** The model that it was fine-tuned from, by its name; absent for a training from scratch. */
  readonly base?: string | undefined;
  /** Of the weights that it began from: `fingerprintTensors`. */
  readonly baseFingerprint?: string | undefined;
  /** Its options, as given. */
  readonly modelOptions: OptionValues;
  readonly parameters: number;
  /** How many of them are trained. */
  readonly trainable: number;
  readonly sources: readonly string[];
  /** `items` or one continuous `text`. */
  readonly kind: "items" | "text";
  /** Options of the data, as given. */
  readonly data: Readonly<Record<string, unknown>>;
  /** How the texts were cleaned; absent in runs of 0.1.0, of which `data` says it. */
  readonly cleaning?: TextCleaning | undefined;
  /** Of the prepared texts and their splits. */
  readonly fingerprint: string;
  readonly train: TrainOptions;
  readonly device: Device;
  readonly threads: number | null;
  readonly platform: string;
}

export interface NewRun {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly record: RunRecord;
  /** `adapter_config.json` of a LoRA training. */
  readonly adapter?: JsonObject | undefined;
}

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
}

/** Writes what a run knows before its first step. */
export async function writeRunFiles(
  folder: string,
  { config, tokenizer, record, adapter }: NewRun,
): Promise<void> {
  await makeFolder(folder);
  await writeRecord(folder, record);
  for (const [name, content] of Object.entries(tokenizer.files()))
    await writeFileAtomic(join(folder, name), jsonText(content));
  await writeFileAtomic(join(folder, files.config), jsonText(config));
  if (adapter) await writeFileAtomic(join(folder, files.adapterConfig), jsonText(adapter));
  await writeFileAtomic(
    join(folder, files.generation),
    jsonText(
      generationConfig({
        tokenizer,
        stopAtEos: record.kind === "items",
        isolateDocuments: (record.train.packing ?? "stream") !== "stream",
        cleaning: record.cleaning,
      }),
    ),
  );
}

export const writeRecord = (folder: string, record: RunRecord): Promise<void> =>
  writeFileAtomic(join(folder, files.run), jsonText(record));

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
  const path = join(folder, files.run);
  const text = await readOptionalText(path);
  if (text === undefined) return undefined;
  const record = parseJson<Partial<RunRecord>>(text, path);
  if (record?.format !== "punchline-run" || record.version !== 1) {
    throw new InputError("not-a-run", `${path} is not a run record that this version (${version}) reads.`, {
      folder,
    });
  }
  const checked = recordShape.safeParse(record);
  if (checked.success) return record as RunRecord;
  const { path: where, message } = checked.error.issues[0]!;
  throw new InputError(
    "not-a-run",
    `${path} is damaged: ${where.join(".")}: ${message.replace(/\s*\n\s*/g, " ")}; restore the file, or start a new run.`,
    { folder },
  );
}

const count = z.number().int().min(0);
/** What a resume computes with, as all versions have written it. */
const recordShape = z.looseObject({
  model: z.string(),
  base: z.string().optional(),
  baseFingerprint: z.string().optional(),
  modelOptions: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  sources: z.array(z.string()),
  kind: z.enum(["items", "text"]),
  data: z.record(z.string(), z.unknown()),
  fingerprint: z.string(),
  train: z.looseObject({
    batchSize: count.min(1),
    seqLen: count.min(1),
    accumulate: count.min(1),
    optimizer: z.enum(["adamw", "sgd", "muon"]),
    learningRate: z.number().positive(),
    schedule: z.string(),
    finalRate: z.number(),
    weightDecay: z.number().min(0),
    momentum: z.number().min(0),
    clip: z.number().min(0),
    validationTokens: count,
    logEvery: count.min(1),
    checkpointSeconds: z.number().min(0),
    keep: z.enum(["best", "last"]),
    snapshotEvery: count,
    seed: z.number(),
    samplePrompt: z.string(),
    steps: count.optional(),
    epochs: z.number().positive().optional(),
    maxMinutes: z.number().positive().optional(),
    warmup: count.optional(),
    validateEvery: count.min(1).optional(),
    patience: count.optional(),
    sampleEvery: count.optional(),
  }),
  device: z.string(),
  threads: count.min(1).nullable(),
});

/** @throws InputError `not-json` that names the file */
export function parseJson<T>(text: string, where: string): T | null {
  try {
    return parseJsonText(text) as T;
  } catch (cause) {
    throw new InputError(
      "not-json",
      `${where} is not whole JSON; restore the file or start a new run.`,
      { where },
      cause,
    );
  }
}
