/** The options of a training on the command line, and which of them may change when a run is resumed. */
import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { Architecture, OptionValues as ModelOptionValues } from "../../models/model.ts";
import { architectureOf, architectures } from "../../models/registry.ts";
import type { BackendChoice } from "../../runtime/backend.ts";
import {
  MUON_MOMENTUM,
  type Packing,
  resumable,
  type TrainOptions,
  trainDefaults,
} from "../../train/options.ts";
import { recordedOptions } from "../../train/run-data.ts";
import { readRun } from "../../train/run-folder.ts";
import type { RunRecord } from "../../train/run-record.ts";
import type { TrainHooks, TrainResult } from "../../train/train.ts";
import { resume } from "../../train/train.ts";
import type { Context } from "../context.ts";
import { flagOf, nameOf, propertyOf } from "../output/flags.ts";
import { trainingProgress } from "../output/training-progress.ts";
import { readData } from "./data.ts";
import { machineText } from "./device.ts";
import {
  choice,
  eitherFlag,
  flag,
  inGroup,
  integer,
  list,
  neededText,
  number,
  type Option,
  type OptionValues,
  present,
  rivals,
  text,
  usual,
  wordFlag,
} from "./option.ts";

/** Options of every command that trains: where the texts come from, and where the run goes. */
export const runOptions = usual({
  data: list("Texts to learn: one-liners or cities (built in), a file, hf:owner/dataset", {
    placeholder: "SOURCE",
    defaultIs: "one-liners",
  }),
  out: neededText("The run folder", {
    placeholder: "DIR",
    needed: 'the folder for the run, such as "--out runs/a"',
  }),
  resume: flag("Go on with the run in --out, or begin it where there is none"),
});

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
    ...rivals({
      ...usual({
        maxMinutes: number("Stop after this time", { above: 0, unit: "minutes", defaultIs: "no limit" }),
        steps: integer("Stop after so many updates", {
          min: 1,
          defaultIs: d.epochs ? "by epochs" : "2000 where no other limit is given",
        }),
      }),
      epochs: number("Stop after so many passes over the training texts", {
        above: 0,
        defaultIs: d.epochs ? String(d.epochs) : "by steps",
      }),
    }),
    clock: choice("What counts as time: all of it, or the steps without validation", ["all", "steps"], {
      defaultIs: d.clock,
    }),
    ...usual({
      learningRate: number("Peak learning rate", {
        above: 0,
        defaultIs: learningRate,
      }),
    }),
    batchSize: integer("Rows of a batch", { min: 1, defaultIs: String(d.batchSize) }),
    seqLen: integer("Tokens of a row", { min: 1, defaultIs: String(d.seqLen) }),
    packing: choice(
      "How texts fill rows: one each (none), several that do not see each other (blocks), end to end (stream)",
      ["none", "blocks", "stream"],
      { defaultIs: packing },
    ),
    longTexts: choice("What happens to texts longer than a row", ["split", "truncate"], {
      defaultIs: "split",
    }),
    syncEvery: integer(
      "Under mpirun, steps that each process takes by itself before all average (DiLoCo); 1 for every step",
      { min: 1, defaultIs: "gradients are added up in every step" },
    ),
    recompute: eitherFlag("Take less memory and more time: compute the inside of blocks twice", {
      defaultIs: "off",
    }),
    precision: choice(
      "Numbers of matrix products on a graphics card; weights and sums have 32 bits in any case",
      ["f32", "f16"],
      { defaultIs: "f32" },
    ),
    wholeWords: eitherFlag("In models that fill masks, hide whole words", { defaultIs: "off" }),
    maskShare: number("In models that fill masks, the share of tokens that is hidden", {
      above: 0,
      below: 1,
      defaultIs: "0.15",
    }),
    windows: choice(
      "How a stream is read: in lanes that carry the state on, or in independent windows",
      ["stream", "shuffled"],
      { defaultIs: "stream for models with a state, else shuffled" },
    ),
    stride: integer("Tokens from one shuffled window to the next", { min: 1, defaultIs: "a window" }),
    accumulate: integer("Batches for one update", { min: 1, defaultIs: String(d.accumulate) }),
    optimizer: choice(
      "How weights are updated; muon: matrices of hidden layers, at three times the rate, and adamw the rest",
      ["adamw", "sgd", "muon"],
      { defaultIs: optimizer },
    ),
    schedule: choice("How the learning rate falls; wsd: late", ["constant", "linear", "cosine", "wsd"], {
      defaultIs: d.schedule,
    }),
    cooldown: number("Share of the steps in which the rate of wsd falls", {
      above: 0,
      max: 1,
      defaultIs: "0.2",
    }),
    finalRate: number("Learning rate at the end, as a share of the peak", {
      min: 0,
      max: 1,
      defaultIs: String(d.finalRate),
    }),
    warmup: integer("Steps in which the learning rate rises", {
      min: 0,
      defaultIs: String(d.warmup ?? "100, at most a tenth of all"),
    }),
    weightDecay: number("Weight decay of matrices", { min: 0, defaultIs: String(d.weightDecay) }),
    momentum: number("Momentum of sgd and muon", {
      min: 0,
      below: 1,
      defaultIs: `${d.momentum} of sgd, ${MUON_MOMENTUM} of muon`,
    }),
    beta2: number("Decay of adamw's second moment, also with muon", {
      min: 0,
      below: 1,
      defaultIs: String(d.beta2),
    }),
    clip: number("Largest norm of a gradient, 0 for any", { min: 0, defaultIs: String(d.clip) }),
    seed: integer("Seed of everything random", { min: 0, defaultIs: String(d.seed) }),
  });
  const watching = inGroup("Watching and stopping", {
    validateEvery: integer("Steps between validations", { min: 1, defaultIs: "a twentieth of the training" }),
    validationTokens: integer("Most tokens of each validation", {
      min: 1,
      defaultIs: String(d.validationTokens),
    }),
    patience: integer("Stop after so many validations without progress", { min: 1, defaultIs: "never" }),
    sampleEvery: integer("Steps between samples, 0 for none", { min: 0, defaultIs: "at each validation" }),
    samplePrompt: text("What samples begin with", { defaultIs: "nothing" }),
    logEvery: integer("Steps between lines of the log", { min: 1, defaultIs: String(d.logEvery) }),
    checkpointSeconds: number("Most time between checkpoints", {
      min: 0,
      unit: "seconds",
      defaultIs: String(d.checkpointSeconds),
    }),
    snapshotEvery: integer("Steps between weights that are kept in checkpoints/", {
      min: 0,
      defaultIs: "none are kept",
    }),
    snapshots: integer("Times that weights are kept there, evenly along the training", {
      min: 0,
      defaultIs: "none are kept",
    }),
    keep: choice("Which weights the run offers", ["best", "last"], { defaultIs: d.keep }),
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

/** What an option is, where each architecture has its own words for it. */
const inGeneral: Readonly<Record<string, string>> = {
  layers: "Layers, one above the other",
  width: "Units or channels of each layer, or numbers for each token",
  dropout: "Probability of dropping a unit in training",
  context: "Tokens that it sees at once",
  size: "A usual size, which the other options change",
};

/** The options of all architectures, each once. The architecture refuses those that it does not have. */
export function modelOptions(): ModelOptionTable {
  const all: Record<string, Option<number | string | undefined>> = {};
  for (const property of new Set(architectures.flatMap(({ options }) => Object.keys(options)))) {
    const name = nameOf(property);
    const having = architectures.filter(({ options }) => options[property] !== undefined);
    const { type, min, max, doc } = having[0]!.options[property]!;
    const choices = [...new Set(having.flatMap(({ options }) => options[property]!.choices ?? []))];
    const describe = inGeneral[name] ?? doc.charAt(0).toUpperCase() + doc.slice(1);
    const defaultIs = defaultsOf(property, having);
    if (type === "choice") all[name] = choice(describe, choices, { defaultIs });
    else if (type === "boolean") all[name] = wordFlag(describe, { on: "on", off: "off", defaultIs });
    else all[name] = number(describe, { min, max, integer: type === "integer", defaultIs });
  }
  if (all.size) all.size = { ...all.size, former: "config" };
  return inGroup("Model", all);
}

/** `256`, or where architectures differ `256 of char-lstm, 192 of char-cnn`. */
function defaultsOf(property: string, having: readonly Architecture[]): string {
  const types = new Map<string, string[]>();
  for (const { type, options } of having) {
    const standard = options[property]!.default;
    const shown = typeof standard === "boolean" ? (standard ? "on" : "off") : String(standard);
    types.set(shown, [...(types.get(shown) ?? []), type]);
  }
  if (types.size === 1) return [...types.keys()][0]!;
  return [...types].map(([value, names]) => `${value} of ${names.join(", ")}`).join("; ");
}

export function givenModelOptions(options: Given): ModelOptionValues {
  const given: Record<string, number | string | boolean> = {};
  for (const name of Object.keys(modelOptions())) {
    const value = options[name];
    const property = propertyOf(name);
    if (value === "on" || value === "off") given[property] = value === "on";
    else if (typeof value === "number" || typeof value === "string") given[property] = value;
  }
  return given;
}

/** What `train` and `resume` take from every command that trains. */
export function trainingHooks(ctx: Context, out: string, { device, threads }: BackendChoice): TrainHooks {
  const backend = present({ device, threads });
  ctx.detail(`Run folder ${resolve(out)}, ${machineText(backend)}.`);
  return { backend, lead: ctx.lead, onEvent: trainingProgress(ctx, out) };
}

/** Goes on with the run in `out`; --data gives sources that have moved, which must be the run's. */
export async function resumeRun(
  ctx: Context,
  out: string,
  options: TrainingValues & Pick<OptionValues<typeof runOptions>, "data"> & BackendChoice,
): Promise<TrainResult> {
  const { data, steps, epochs, maxMinutes, patience, checkpointSeconds, recompute } = options;
  const { device, threads } = await readRun(out);
  const machine = {
    device: options.device === undefined || options.device === "auto" ? device : options.device,
    threads: options.threads ?? threads ?? undefined,
  };
  return resume(out, {
    ...trainingHooks(ctx, out, machine),
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
    const flag = flagOf(nameOf(name));
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
