/** The options of a training on the command line, and what may be said of them when a run is gone on with. */
import {
  architectureOf,
  architectures,
  type OptionValues as ModelOptionValues,
  type RunRecord,
  trainDefaults,
  UsageError,
} from "../index.ts";
import { choice, flagOf, integer, number, type Option, type OptionValues, present, text } from "./option.ts";

const training = "Training";
const d = trainDefaults;

export const trainOptions = {
  steps: integer({ describe: "Updates of the weights", min: 1, group: training }),
  epochs: number({ describe: "Passes over the training split", above: 0, group: training }),
  maxMinutes: number({ describe: "Wall-clock limit", above: 0, unit: "minutes", group: training }),
  clock: choice(["all", "steps"], {
    describe: `What time counts: all, or steps without validation (default ${d.clock})`,
    group: training,
  }),
  batchSize: integer({ describe: `Windows side by side (default ${d.batchSize})`, min: 1, group: training }),
  seqLen: integer({ describe: `Tokens of a window (default ${d.seqLen})`, min: 1, group: training }),
  stride: integer({
    describe: "Tokens between shuffled windows (default: a window)",
    min: 1,
    group: training,
  }),
  windows: choice(["stream", "shuffled"], {
    describe: "Lanes with carried state, or independent windows",
    group: training,
  }),
  accumulate: integer({ describe: "Batches added up for one step", min: 1, group: training }),
  optimizer: choice(["adamw", "sgd"], { describe: `Default ${d.optimizer}`, group: training }),
  learningRate: number({
    describe: `Peak learning rate (default ${d.learningRate})`,
    above: 0,
    group: training,
  }),
  schedule: choice(["constant", "linear", "cosine"], { describe: `Default ${d.schedule}`, group: training }),
  finalRate: number({
    describe: `Where the schedule ends, as a share of the peak (default ${d.finalRate})`,
    min: 0,
    max: 1,
    group: training,
  }),
  warmup: integer({
    describe: "Steps of rising learning rate (default 100, at most a tenth of all)",
    min: 0,
    group: training,
  }),
  weightDecay: number({ describe: `Of matrices (default ${d.weightDecay})`, min: 0, group: training }),
  momentum: number({ describe: `Of sgd only (default ${d.momentum})`, min: 0, below: 1, group: training }),
  beta2: number({
    describe: `Of adamw's second moment (default ${d.beta2})`,
    min: 0,
    below: 1,
    group: training,
  }),
  clip: number({ describe: `Largest gradient norm, 0 for any (default ${d.clip})`, min: 0, group: training }),
  seed: integer({ describe: `Of everything random (default ${d.seed})`, min: 0, group: training }),
} as const;

const watching = "Watching and stopping";
export const watchOptions = {
  validateEvery: integer({ describe: "Steps between validations", min: 1, group: watching }),
  validationTokens: integer({ describe: "Most tokens of each validation", min: 1, group: watching }),
  patience: integer({ describe: "Stop after so many validations without progress", min: 1, group: watching }),
  sampleEvery: integer({ describe: "Steps between samples, 0 for none", min: 0, group: watching }),
  samplePrompt: text({ describe: "What samples begin with", group: watching }),
  logEvery: integer({ describe: `Steps between log lines (default ${d.logEvery})`, min: 1, group: watching }),
  checkpointSeconds: number({
    describe: `Most time between checkpoints (default ${d.checkpointSeconds})`,
    min: 0,
    unit: "seconds",
    group: watching,
  }),
  snapshotEvery: integer({ describe: "Steps between weights kept in checkpoints/", min: 0, group: watching }),
  keep: choice(["best", "last"], {
    describe: `Weights that the run offers (default ${d.keep})`,
    group: watching,
  }),
} as const;

const trainingTable = { ...trainOptions, ...watchOptions } as const;
type TrainingValues = OptionValues<typeof trainingTable>;

/** The options of the training itself that were given. */
export function givenTrainOptions(options: TrainingValues) {
  const names = Object.keys(trainingTable) as (keyof TrainingValues)[];
  return present(Object.fromEntries(names.map((name) => [name, options[name]])) as TrainingValues);
}

type Given = Readonly<Record<string, unknown>>;
type ModelOptionTable = Record<string, Option<number | string | undefined>>;

/** The options of all architectures, once each; whether one has it is checked when the model is known. */
export function modelOptions(): ModelOptionTable {
  const all: ModelOptionTable = {};
  for (const architecture of architectures) {
    for (const [name, option] of Object.entries(architecture.options)) {
      if (all[name]) continue;
      const spec = { describe: `${option.doc} (default ${option.default})`, group: "Model" };
      const bounds = present({ min: option.min, max: option.max });
      if (option.type === "choice") all[name] = choice(option.choices ?? [], spec);
      else if (option.type === "boolean") all[name] = choice(["on", "off"], spec);
      else all[name] = number({ ...spec, ...bounds, integer: option.type === "integer" });
    }
  }
  return all;
}

/** Those that were given, as the library takes them. */
export function givenModelOptions(options: Given): ModelOptionValues {
  const given: Record<string, number | string | boolean> = {};
  for (const name of Object.keys(modelOptions())) {
    const value = options[name];
    if (value === "on" || value === "off") given[name] = value === "on";
    else if (typeof value === "number" || typeof value === "string") given[name] = value;
  }
  return given;
}

/** What `--resume` may change: when the training ends, and how often it is saved. */
const resumable = ["steps", "epochs", "maxMinutes", "patience", "checkpointSeconds"] as const;

export function resumeOptions(options: Pick<TrainingValues, (typeof resumable)[number]>) {
  const { steps, epochs, maxMinutes, patience, checkpointSeconds } = options;
  return present({ steps, epochs, maxMinutes, patience, checkpointSeconds });
}

/**
 * A run keeps its model, data and training. Options may be repeated, as when `--resume` is added to the
 * command that began it, but not changed.
 * @param choices the data options that were given
 * @throws UsageError that names the option, the run's value and the one given
 */
export function refuseChanges(folder: string, record: RunRecord, options: Given, choices: Given): void {
  const free: readonly string[] = resumable;
  const training = Object.keys(trainingTable).filter((name) => !free.includes(name));
  const given: Given = present({
    model: options.model === undefined ? undefined : architectureOf(String(options.model)).type,
    ...Object.fromEntries(training.map((name) => [name, options[name]])),
    ...givenModelOptions(options),
    ...choices,
  });
  const kept: Given = { model: record.model, ...record.train, ...record.modelOptions, ...record.data };
  for (const [name, value] of Object.entries(given)) {
    if (kept[name] === value) continue;
    const was = kept[name] === undefined ? "without it" : `with ${flagOf(name)} ${kept[name]}`;
    throw new UsageError(
      `${folder} was begun ${was}, and --resume cannot change that to ${value}; leave the option out, or train into a new folder.`,
      { option: name, expected: kept[name], actual: value },
    );
  }
}
