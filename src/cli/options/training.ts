/** The options of a training on the command line, and which of them may change when a run is resumed. */
import { UsageError } from "../../core/errors.ts";
import type { OptionValues as ModelOptionValues } from "../../models/model.ts";
import { architectureOf, architectures } from "../../models/registry.ts";
import type { BackendOptions } from "../../runtime/backend.ts";
import {
  MUON_MOMENTUM,
  type Packing,
  resumable,
  type TrainOptions,
  trainDefaults,
} from "../../train/options.ts";
import { recordedOptions } from "../../train/run-data.ts";
import type { RunRecord } from "../../train/run-folder.ts";
import type { TrainResult } from "../../train/session.ts";
import type { TrainHooks } from "../../train/setup.ts";
import { resume } from "../../train/train.ts";
import type { Context } from "../context.ts";
import { flagOf } from "../output/flags.ts";
import { trainingProgress } from "../output/training-progress.ts";
import { readData } from "./data.ts";
import {
  choice,
  flag,
  inGroup,
  integer,
  list,
  number,
  type Option,
  type OptionValues,
  optionalFlag,
  present,
  text,
} from "./option.ts";

/** Options of every command that trains: where the texts come from, and where the run goes. */
export const runOptions = {
  data: list("Source: one-liners, a file, hf:owner/dataset (default one-liners)", { placeholder: "SOURCE" }),
  out: text("The run folder", { placeholder: "DIR" }),
  resume: flag("Go on with the run in --out; begin it where nothing has begun"),
} as const;

export const sourcesOf = ({ data }: Pick<OptionValues<typeof runOptions>, "data">): readonly string[] =>
  data.length > 0 ? data : ["one-liners"];

/**
 * The options of a training. None has a default, so that the given ones are known.
 * @param d the defaults that the help shows
 */
export function trainingOptions(
  d: TrainOptions,
  {
    packing = "stream",
    learningRate = String(d.learningRate),
    optimizer = d.optimizer,
  }: { readonly packing?: Packing; readonly learningRate?: string; readonly optimizer?: string } = {},
) {
  const training = inGroup("Training", {
    steps: integer("Updates of the weights", { min: 1 }),
    epochs: number(`Passes over the training split${d.epochs ? ` (default ${d.epochs})` : ""}`, { above: 0 }),
    maxMinutes: number("Wall-clock limit", { above: 0, unit: "minutes" }),
    clock: choice(`What time counts: all, or steps without validation (default ${d.clock})`, [
      "all",
      "steps",
    ]),
    batchSize: integer(`Rows side by side (default ${d.batchSize})`, { min: 1 }),
    seqLen: integer(`Tokens of a row (default ${d.seqLen})`, { min: 1 }),
    packing: choice(
      `Texts in rows: one each; several that do not see each other; end to end (default ${packing})`,
      ["none", "blocks", "stream"],
    ),
    longTexts: choice("Of texts longer than a row (default split)", ["split", "truncate"]),
    recompute: optionalFlag(
      "Less memory for more time: compute the inside of blocks again in the backward pass",
    ),
    wholeWords: optionalFlag("Hide whole words, where the model fills masks"),
    maskShare: number("Share of the tokens hidden, where the model fills masks (default 0.15)", {
      above: 0,
      below: 1,
    }),
    windows: choice("Of a stream: lanes with carried state, or independent windows", ["stream", "shuffled"]),
    stride: integer("Tokens between shuffled windows (default: a window)", { min: 1 }),
    accumulate: integer("Batches added up for one step", { min: 1 }),
    optimizer: choice(
      `Muon is for matrices of hidden layers, with AdamW for the rest (default ${optimizer})`,
      ["adamw", "sgd", "muon"],
    ),
    learningRate: number(`Peak learning rate (default ${learningRate}; three times that for muon)`, {
      above: 0,
    }),
    schedule: choice(`Wsd is warmup, stable, decay (default ${d.schedule})`, [
      "constant",
      "linear",
      "cosine",
      "wsd",
    ]),
    cooldown: number("Of wsd: share of the steps in which the rate falls (default 0.2)", {
      above: 0,
      max: 1,
    }),
    finalRate: number(`Where the schedule ends, as a share of the peak (default ${d.finalRate})`, {
      min: 0,
      max: 1,
    }),
    warmup: integer(`Steps of rising learning rate (default ${d.warmup ?? "100, at most a tenth of all"})`, {
      min: 0,
    }),
    weightDecay: number(`Of matrices (default ${d.weightDecay})`, { min: 0 }),
    momentum: number(`Of sgd (default ${d.momentum}) and muon (default ${MUON_MOMENTUM})`, {
      min: 0,
      below: 1,
    }),
    beta2: number(`Of adamw's second moment, also with muon (default ${d.beta2})`, { min: 0, below: 1 }),
    clip: number(`Largest gradient norm, 0 for any (default ${d.clip})`, { min: 0 }),
    seed: integer(`Of everything random (default ${d.seed})`, { min: 0 }),
  });
  const watching = inGroup("Watching and stopping", {
    validateEvery: integer("Steps between validations", { min: 1 }),
    validationTokens: integer("Most tokens of each validation", { min: 1 }),
    patience: integer("Stop after so many validations without progress", { min: 1 }),
    sampleEvery: integer("Steps between samples, 0 for none", { min: 0 }),
    samplePrompt: text("What samples begin with"),
    logEvery: integer(`Steps between log lines (default ${d.logEvery})`, { min: 1 }),
    checkpointSeconds: number(`Most time between checkpoints (default ${d.checkpointSeconds})`, {
      min: 0,
      unit: "seconds",
    }),
    snapshotEvery: integer("Steps between weights kept in checkpoints/", { min: 0 }),
    keep: choice(`Weights that the run offers (default ${d.keep})`, ["best", "last"]),
  });
  return { ...training, ...watching };
}

const trainingNames = Object.keys(trainingOptions(trainDefaults)) as (keyof TrainingValues)[];
type TrainingValues = OptionValues<ReturnType<typeof trainingOptions>>;

/** The options of the training itself that were given. */
export function givenTrainOptions(options: TrainingValues) {
  return present(Object.fromEntries(trainingNames.map((name) => [name, options[name]])) as TrainingValues);
}

type Given = Readonly<Record<string, unknown>>;
type ModelOptionTable = Record<string, Option<number | string | undefined>>;

/** The options of all architectures, each once. The architecture refuses those that it does not have. */
export function modelOptions(): ModelOptionTable {
  const all: ModelOptionTable = {};
  for (const architecture of architectures) {
    for (const [name, option] of Object.entries(architecture.options)) {
      if (all[name]) continue;
      const { min, max } = option;
      const describe = `${option.doc} (default ${option.default})`;
      if (option.type === "choice") all[name] = choice(describe, option.choices ?? []);
      else if (option.type === "boolean") all[name] = choice(describe, ["on", "off"]);
      else all[name] = number(describe, { min, max, integer: option.type === "integer" });
    }
  }
  return inGroup("Model", all);
}

export function givenModelOptions(options: Given): ModelOptionValues {
  const given: Record<string, number | string | boolean> = {};
  for (const name of Object.keys(modelOptions())) {
    const value = options[name];
    if (value === "on" || value === "off") given[name] = value === "on";
    else if (typeof value === "number" || typeof value === "string") given[name] = value;
  }
  return given;
}

/** What `train` and `resume` take from every command that trains. */
export const trainingHooks = (
  ctx: Context,
  out: string,
  { device, threads }: BackendOptions,
): TrainHooks => ({ backend: present({ device, threads }), onEvent: trainingProgress(ctx, out) });

/** Goes on with the run in `out`; --data gives sources that have moved, which must be the run's. */
export function resumeRun(
  ctx: Context,
  out: string,
  options: TrainingValues & Pick<OptionValues<typeof runOptions>, "data"> & BackendOptions,
): Promise<TrainResult> {
  const { data, steps, epochs, maxMinutes, patience, checkpointSeconds, recompute } = options;
  return resume(out, {
    ...trainingHooks(ctx, out, options),
    // Read only when the data is prepared: before that there is nothing to save, and a signal ends the command at once.
    get signal() {
      return ctx.interrupt;
    },
    options: present({ steps, epochs, maxMinutes, patience, checkpointSeconds, recompute }),
    sources: data.length > 0 ? data : undefined,
    read: (...reading) => readData(ctx, ...reading),
  });
}

/**
 * Refuses changes to a run's model, data and training: with `--resume`, the options may be repeated, but not
 * changed.
 * @param choices the given data options
 * @throws UsageError that names the option, the run's value and the one given
 */
export function refuseChanges(folder: string, record: RunRecord, options: Given, choices: Given): void {
  const training = trainingNames.filter((name) => !resumable.includes(name));
  const given: Given = present({
    model: options.model === undefined ? undefined : architectureOf(String(options.model)).type,
    ...Object.fromEntries(training.map((name) => [name, options[name]])),
    ...givenModelOptions(options),
    ...choices,
  });
  const kept: Given = {
    model: record.model,
    ...record.train,
    ...record.modelOptions,
    ...recordedOptions(record),
  };
  for (const [name, value] of Object.entries(given)) {
    if (kept[name] === value) continue;
    const flag = flagOf(name);
    const was =
      kept[name] === undefined
        ? `without ${flag}, and --resume cannot bring it in`
        : `with ${flag} ${kept[name]}, and --resume cannot change that to ${value}`;
    throw new UsageError(`${folder} was begun ${was}; leave the option out, or train into a new folder.`, {
      option: name,
      expected: kept[name],
      actual: value,
    });
  }
}
