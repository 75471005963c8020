/**
 * A run as a folder, readable by Punchline and by others.
 *
 * Invariant: at every moment, also after `kill -9`, `optimizer.safetensors` holds one whole training
 * state (weights, moments, carried state and, in its metadata, the counters), and `model.safetensors`
 * one whole set of weights. `state.json` repeats the counters for people. Lines of `log.jsonl` and
 * `samples.md` beyond the checkpoint are dropped on resume and written again.
 */
import { appendFile, mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { HostArray } from "../core/array.ts";
import { InputError, UsageError } from "../core/errors.ts";
import { version } from "../core/version.ts";
import { writeFileAtomic } from "../hub/atomic.ts";
import { openSafetensors, writeSafetensors } from "../hub/safetensors-file.ts";
import type { ModelConfig } from "../models/model.ts";
import type { Arena, Views } from "../runtime/arena.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { LogRow, SampleRow } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import type { TrainState } from "./state.ts";
import type { TrainSink } from "./trainer.ts";

export const files = {
  config: "config.json",
  weights: "model.safetensors",
  optimizer: "optimizer.safetensors",
  state: "state.json",
  run: "run.json",
  log: "log.jsonl",
  samples: "samples.md",
  generation: "generation_config.json",
} as const;

/** `run.json`: everything needed to repeat the run. */
export interface RunRecord {
  readonly format: "punchline-run";
  readonly version: 1;
  readonly punchline: string;
  readonly created: string;
  readonly model: string;
  readonly parameters: number;
  readonly sources: readonly string[];
  /** `items` or one continuous `text`. */
  readonly kind: "items" | "text";
  /** Options of the data, as given. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Of the prepared texts and their splits. */
  readonly fingerprint: string;
  readonly train: TrainOptions;
  readonly device: string;
  readonly threads: number | null;
  readonly platform: string;
}

export interface NewRun {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly record: RunRecord;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Writes what a run knows before its first step. @throws UsageError where the folder holds a run already. */
export async function createRun(folder: string, { config, tokenizer, record }: NewRun): Promise<void> {
  if (await exists(join(folder, files.run))) {
    throw new UsageError(
      `${folder} already holds a run; choose another --out, or add --resume to go on with it.`,
      { folder },
    );
  }
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(tokenizer.files()))
    await writeFileAtomic(join(folder, name), json(content));
  await writeFileAtomic(join(folder, files.config), json(config));
  await writeFileAtomic(
    join(folder, files.generation),
    json({
      ...(record.kind === "items" ? { eos_token_id: tokenizer.endOfText } : {}),
      bos_token_id: tokenizer.endOfText,
      do_sample: true,
      transformers_version: null,
    }),
  );
  await writeFileAtomic(join(folder, files.run), json(record));
}

/** @throws InputError `not-a-run` where the folder has no run.json of this format. */
export async function readRun(folder: string): Promise<RunRecord> {
  const text = await readFile(join(folder, files.run), "utf8").catch(() => undefined);
  if (text === undefined) {
    throw new InputError(
      "not-a-run",
      `${folder} is not a run folder: it has no run.json. Start a training with "punchline train --out ${folder}".`,
      { folder },
    );
  }
  const record = parse(text, join(folder, files.run)) as RunRecord;
  if (record.format !== "punchline-run" || record.version !== 1) {
    throw new InputError(
      "not-a-run",
      `${join(folder, files.run)} is not a run record that this version (${version}) reads.`,
      { folder },
    );
  }
  return record;
}

export async function readLog(folder: string): Promise<LogRow[]> {
  return (await lines(join(folder, files.log))).map((line) => JSON.parse(line) as LogRow);
}

export async function readSamples(folder: string): Promise<SampleRow[]> {
  const text = await readFile(join(folder, files.samples), "utf8").catch(() => "");
  return [...text.matchAll(/^## Step (\d+)\n\n((?:^> ?.*\n?)+)/gm)].map(([, step, quoted]) => ({
    step: Number(step),
    text: quoted!
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/^> ?/, ""))
      .join("\n"),
  }));
}

const CARRIED = "carried.";
const STATE = "punchline_state";

/** Reads the last checkpoint into the arena. @throws InputError where it is of other sizes or damaged. */
export async function restoreCheckpoint(
  folder: string,
  arena: Arena,
): Promise<{ state: TrainState; carried: Record<string, HostArray> }> {
  const source = await openSafetensors(join(folder, files.optimizer));
  try {
    const state = parse(
      source.metadata[STATE] ?? "",
      `the metadata of ${join(folder, files.optimizer)}`,
    ) as TrainState;
    if (state.format !== "punchline-train-state" || state.version !== 1) {
      throw new InputError(
        "checkpoint",
        `${join(folder, files.optimizer)} is not a checkpoint that this version (${version}) reads.`,
      );
    }
    for (const { name, data } of arenaTensors(arena)) await source.read(name, data);
    const carried: Record<string, HostArray> = {};
    for (const [name, { shape }] of source.tensors) {
      if (!name.startsWith(CARRIED)) continue;
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      await source.read(name, data);
      carried[name.slice(CARRIED.length)] = { dtype: "float32", shape, data };
    }
    return { state, carried };
  } finally {
    await source.close();
  }
}

/** Where a training writes its results, as files of `folder`. `from` is the state of a resumed run. */
export async function folderSink(folder: string, arena: Arena, from?: TrainState): Promise<TrainSink> {
  const step = from?.step ?? 0;
  const logFile = join(folder, files.log);
  const log = (await lines(logFile)).filter((line) => (JSON.parse(line) as LogRow).step <= step);
  const samples = (await readSamples(folder)).filter((row) => row.step <= step);
  const weights = (name: string, at: number) =>
    writeSafetensors(
      join(folder, name),
      Object.entries(arena.parameters).map(([key, { shape, data }]) => ({
        name: key,
        dtype: "F32" as const,
        shape,
        data,
      })),
      { step: String(at) },
    );
  await writeFileAtomic(logFile, log.map((line) => `${line}\n`).join(""));
  return {
    best: (state) => weights(files.weights, state.step),
    async last(state, carried) {
      const tensors = [
        ...arenaTensors(arena),
        ...Object.entries(carried).map(([name, { shape, data }]) => ({ name: CARRIED + name, shape, data })),
      ];
      await writeSafetensors(
        join(folder, files.optimizer),
        tensors.map(({ name, shape, data }) => ({ name, dtype: "F32" as const, shape, data })),
        { [STATE]: JSON.stringify(state) },
      );
      await writeFileAtomic(join(folder, files.state), json(state));
      if (!(await exists(join(folder, files.weights)))) await weights(files.weights, state.step);
    },
    // A line torn by a kill is beyond the checkpoint, and is dropped when the log is read.
    log: (row) => appendFile(logFile, `${JSON.stringify(row)}\n`),
    async sample(row) {
      samples.push(row);
      await writeFileAtomic(join(folder, files.samples), samplesText(samples));
    },
    async snapshot(at) {
      await weights(join("checkpoints", `step-${at}`, files.weights), at);
      for (const name of [files.config, files.generation, "tokenizer.json", "tokenizer_config.json"]) {
        await writeFileAtomic(
          join(folder, "checkpoints", `step-${at}`, name),
          await readFile(join(folder, name)),
        );
      }
    },
  };
}

/** Replaces the offered weights by those in the arena: for runs that keep the last ones. */
export async function writeWeights(folder: string, arena: Arena, step: number): Promise<void> {
  await writeSafetensors(
    join(folder, files.weights),
    Object.entries(arena.parameters).map(([name, { shape, data }]) => ({
      name,
      dtype: "F32" as const,
      shape,
      data,
    })),
    { step: String(step) },
  );
}

/** Removes the training state of a finished run, which is three times the size of its weights. */
export const forgetTrainingState = (folder: string): Promise<void> =>
  rm(join(folder, files.optimizer), { force: true });

function arenaTensors(arena: Arena) {
  const part = (prefix: string, tensors: Views) =>
    Object.entries(tensors).map(([name, { shape, data }]) => ({ name: `${prefix}.${name}`, shape, data }));
  return [
    ...part("parameters", arena.parameters),
    ...part("moment1", arena.moment1),
    ...part("moment2", arena.moment2),
  ];
}

function samplesText(rows: readonly SampleRow[]): string {
  const quoted = (text: string) =>
    text
      .split("\n")
      .map((line) => (line ? `> ${line}` : ">"))
      .join("\n");
  return [
    "# Samples along training\n",
    ...rows.map(({ step, text }) => `## Step ${step}\n\n${quoted(text)}\n`),
  ].join("\n");
}

async function lines(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").slice(0, -1);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(
      "not-json",
      `${where} is not whole JSON; restore the file or start a new run.`,
      { where },
      cause,
    );
  }
}
