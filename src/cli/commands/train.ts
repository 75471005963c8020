/** `punchline train`: a model from scratch on a source, into a run folder. */
import {
  architectureOf,
  architectures,
  type OptionValues,
  resume,
  type TrainOptions,
  type TrainResult,
  train,
  trainDefaults,
  UsageError,
  type VocabularyName,
} from "../../index.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { type DataChoices, dataChoices, dataOptions, readData } from "../data-options.ts";
import { deviceOf, deviceOptions } from "../device-options.ts";
import { formatCount, formatDuration, formatRate } from "../format.ts";
import { choice, flag, integer, list, number, type Option, present, text } from "../option.ts";
import { trainingProgress } from "../training-progress.ts";

const training = "Training";
const d = trainDefaults;

const trainOptions = {
  steps: integer({ describe: "Updates of the weights", min: 1, group: training }),
  epochs: number({ describe: "Passes over the training split", above: 0, group: training }),
  maxMinutes: number({ describe: "Wall-clock limit", above: 0, unit: "minutes", group: training }),
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
  warmup: integer({
    describe: `Steps of rising learning rate (default ${d.warmup})`,
    min: 0,
    group: training,
  }),
  weightDecay: number({ describe: `Of matrices (default ${d.weightDecay})`, min: 0, group: training }),
  momentum: number({ describe: `Of sgd (default ${d.momentum})`, min: 0, below: 1, group: training }),
  clip: number({ describe: `Largest gradient norm, 0 for any (default ${d.clip})`, min: 0, group: training }),
  seed: integer({ describe: `Of everything random (default ${d.seed})`, min: 0, group: training }),
} as const;

const watching = "Watching and stopping";
const watchOptions = {
  validateEvery: integer({ describe: "Steps between validations", min: 1, group: watching }),
  validationTokens: integer({ describe: "Most tokens of each validation", min: 1, group: watching }),
  patience: integer({ describe: "Stop after so many validations without progress", min: 1, group: watching }),
  sampleEvery: integer({ describe: "Steps between samples, 0 for none", min: 0, group: watching }),
  samplePrompt: text({ describe: "What samples begin with", group: watching }),
  logEvery: integer({ describe: `Steps between log lines (default ${d.logEvery})`, min: 1, group: watching }),
  checkpointSeconds: number({
    describe: "Seconds between checkpoints",
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

export default defineCommand({
  description:
    "Trains a model on the texts of a source. The run folder holds weights, vocabulary and configuration in " +
    "Hugging Face's layout, the log, and everything needed to go on or to repeat the run. Ctrl-C saves and stops.",
  arguments: {},
  options: {
    model: text({
      describe: `Architecture: ${architectures.map((a) => a.type).join(", ")}`,
      placeholder: "NAME",
      default: "char-lstm",
    }),
    data: list({
      describe: "Source: one-liners, a file, hf:owner/dataset (default one-liners)",
      placeholder: "SOURCE",
    }),
    out: text({ describe: "The run folder", placeholder: "DIR" }),
    resume: flag({ describe: "Go on with the run in --out" }),
    ...modelOptions(),
    ...trainOptions,
    ...watchOptions,
    ...dataOptions,
    ...deviceOptions,
  },
  examples: [
    { command: "punchline train --out runs/a --max-minutes 3", explain: "A char-LSTM on the built-in jokes" },
    {
      command: "punchline train --model char-gru --data jokes.csv --out runs/b --epochs 5",
      explain: "Your own file",
    },
    { command: "punchline train --out runs/a --resume", explain: "Go on after Ctrl-C" },
  ],
  async run(ctx, _, options) {
    if (options.out === undefined)
      throw new UsageError('--out is needed: the folder for the run, such as "--out runs/a".');
    const hooks = {
      backend: deviceOf(options),
      onEvent: trainingProgress(ctx, options.out),
      signal: ctx.interrupt,
    };
    const limits = present({
      steps: options.steps,
      epochs: options.epochs,
      maxMinutes: options.maxMinutes,
      patience: options.patience,
    });
    let result: TrainResult;
    if (options.resume) {
      refuseOnResume(options);
      result = await resume(options.out, {
        ...hooks,
        options: limits,
        prepare: (record) =>
          readData(
            ctx,
            record.sources,
            record.data as DataChoices,
            vocabularyFor(record.model, record.data as DataChoices),
          ),
      });
    } else {
      const architecture = architectureOf(options.model);
      const sources = options.data.length > 0 ? options.data : ["one-liners"];
      const choices = dataChoices(options);
      const data = await readData(ctx, sources, choices, vocabularyFor(options.model, choices));
      result = await train({
        ...hooks,
        model: architecture.type,
        modelOptions: givenModelOptions(options),
        data,
        options: present({
          ...pick(options, trainOptions),
          ...pick(options, watchOptions),
        }) as Partial<TrainOptions>,
        out: options.out,
        origin: { sources, options: choices },
      });
    }
    report(ctx, options.out, result);
  },
});

/** The vocabulary that an architecture is trained on by default. */
function vocabularyFor(model: string, choices: DataChoices): VocabularyName | undefined {
  const { tokens } = architectureOf(model);
  if (tokens === "word") return "word";
  return tokens === "character" && !choices.raw && !choices.keepUnicode ? "printable" : "character";
}

/** The options of all architectures, once each; whether one has it is checked when the model is known. */
function modelOptions(): Record<string, Option<number | string | boolean | undefined>> {
  const all: Record<string, Option<number | string | boolean | undefined>> = {};
  for (const architecture of architectures) {
    for (const [name, option] of Object.entries(architecture.options)) {
      if (all[name]) continue;
      const spec = { describe: `${option.doc} (default ${option.default})`, group: "Model" };
      const bounds = present({ min: option.min, max: option.max });
      if (option.type === "choice") all[name] = choice(option.choices!, spec);
      else if (option.type === "boolean") all[name] = choice(["on", "off"], spec);
      else all[name] = number({ ...spec, ...bounds, integer: option.type === "integer" });
    }
  }
  return all;
}

function givenModelOptions(options: Readonly<Record<string, unknown>>): OptionValues {
  const entries = Object.keys(modelOptions()).flatMap((name) => {
    const value = options[name];
    if (value === undefined) return [];
    return [[name, value === "on" ? true : value === "off" ? false : value]];
  });
  return Object.fromEntries(entries);
}

const pick = (options: Readonly<Record<string, unknown>>, table: object) =>
  Object.fromEntries(Object.keys(table).map((key) => [key, options[key]]));

/** A resumed run keeps its model, data and training: only its limits may change. */
function refuseOnResume(options: Readonly<Record<string, unknown>>): void {
  const free = new Set([
    "out",
    "resume",
    "steps",
    "epochs",
    "maxMinutes",
    "patience",
    "model",
    "data",
    ...Object.keys(deviceOptions),
  ]);
  for (const [name, value] of Object.entries(options)) {
    const standard = (dataOptions as Record<string, Option<unknown>>)[name]?.default;
    if (free.has(name) || value === undefined || value === standard) continue;
    throw new UsageError(
      `--resume goes on with the options of the run; "${name}" cannot change. Train into a new folder instead.`,
    );
  }
  if ((options.data as readonly string[]).length > 0) {
    throw new UsageError("--resume reads the sources that the run recorded; leave --data out.");
  }
}

function report(ctx: Context, folder: string, { summary }: TrainResult): void {
  const { stopped, val_loss, train_loss } = summary;
  ctx.print(
    `${formatCount(summary.steps)} steps in ${formatDuration(summary.seconds)} (${formatRate(summary.tokens_per_s)} tokens/s): ` +
      `training loss ${train_loss.toFixed(3)}${val_loss === null ? "" : `, validation loss ${val_loss.toFixed(3)}`} nats per token.`,
  );
  ctx.print(
    stopped === "interrupt"
      ? `Stopped and saved. Go on with: punchline train --out ${folder} --resume`
      : `Write with it: punchline sample ${folder} --prompt "Why did" -n 5`,
  );
  ctx.json(summary);
}
