/** `punchline train`: a model from scratch on a source, or from the weights of a run, into a run folder. */
import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { suitedVocabulary } from "../../data/vocabularies.ts";
import { architectureOf, architectures } from "../../models/registry.ts";
import { branchOptions } from "../../train/branch.ts";
import { branchBase } from "../../train/branch-run.ts";
import { trainDefaults } from "../../train/options.ts";
import { refuseTakenFolder } from "../../train/run-folder.ts";
import type { RunRecord } from "../../train/run-record.ts";
import type { TrainResult } from "../../train/train.ts";
import { train } from "../../train/train.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { dataForBase, runToResume } from "../input/training-data.ts";
import { dataChoices, dataOptions, readData } from "../options/data.ts";
import { trainingDeviceOptions } from "../options/device.ts";
import { type OptionValues, text, usual } from "../options/option.ts";
import {
  givenModelOptions,
  givenTrainOptions,
  modelOptions,
  refuseChanges,
  resumeRun,
  runOptions,
  sourcesOf,
  trainingHooks,
  trainingOptions,
} from "../options/training.ts";
import { quoted } from "../output/command-line.ts";
import { flagOf, nameOf } from "../output/flags.ts";
import { reportTraining } from "../output/training-report.ts";

const MODEL = "char-lstm";
const types = architectures.map(({ type }) => type);

const options = {
  ...usual({
    model: text(`Architecture: ${types.join(", ")}`, {
      placeholder: "NAME",
      words: types,
      defaultIs: MODEL,
    }),
  }),
  ...runOptions,
  initFrom: text("Begin with the weights of a run, or of checkpoints/step-N in it, and with its options", {
    placeholder: "RUN",
    defaultIs: "new weights",
  }),
  ...trainingOptions(
    { ...trainDefaults, ...architectureOf(MODEL).training },
    { optimizer: `${trainDefaults.optimizer}, or muon for gpt2` },
  ),
  ...dataOptions,
  ...trainingDeviceOptions,
} as const;

type Options = OptionValues<typeof options>;

export default defineCommand({
  description:
    "Trains a model on the texts of a source. The run folder holds weights, vocabulary and configuration in " +
    "Hugging Face's layout, the log, and everything needed to go on or to repeat the run. Ctrl-C saves and stops. " +
    `Defaults of the training are those of ${MODEL}; other architectures have some of their own.`,
  ranks: true,
  arguments: {},
  options: { ...modelOptions(), ...options },
  examples: {
    "punchline train --out runs/a --max-minutes 3": "A char-LSTM on the built-in jokes",
    "punchline train --model char-gru --data jokes.csv --out runs/b --epochs 5": "Your own file",
    "punchline train --out runs/a --resume": "Go on after Ctrl-C or kill -9",
    "punchline train --init-from runs/a --out runs/c --learning-rate 1e-4 --steps 500":
      "Go on from the weights of runs/a with other settings; runs/a stays as it is",
    "punchline train --out runs/a --resume --max-minutes 10":
      "Go on until ten minutes in all, instead of the earlier limit",
  },
  async run(ctx, _, options) {
    const { out, initFrom } = options;
    const record = await runToResume(ctx, options, initFrom && `those of ${initFrom}`);
    if (record) refuseOtherRun(out, record, options);
    const start = initFrom === undefined ? startRun : startBranch;
    const result = await (record ? resumeRun : start)(ctx, out, options);
    const from = initFrom === undefined ? "" : ` --init-from ${quoted(initFrom)}`;
    reportTraining(ctx, out, result, `punchline train${from} --out`);
  },
});

async function startRun(ctx: Context, out: string, options: Options): Promise<TrainResult> {
  const architecture = architectureOf(options.model ?? MODEL);
  const modelOptions = givenModelOptions(options);
  // Invalid options are refused before the data is read.
  await refuseTakenFolder(out);
  architecture.configure(modelOptions, 1);
  const sources = sourcesOf(options);
  const choices = dataChoices(options, architecture.tokens, sources);
  const vocabulary = suitedVocabulary(architecture.tokens, choices);
  const data = await readData(ctx, sources, choices, { vocabulary });
  return train({
    ...trainingHooks(ctx, out, options),
    signal: ctx.interrupt,
    model: architecture,
    modelOptions,
    data,
    options: givenTrainOptions(options),
    out,
    origin: { sources, options: choices },
  });
}

/** Trains a new run from the weights of another, by its options but for the given ones, and on its data but for others. */
async function startBranch(ctx: Context, out: string, options: Options): Promise<TrainResult> {
  const from = options.initFrom!;
  await refuseTakenFolder(out);
  const { run, record, ...base } = await branchBase(from);
  refuseOtherShapes(from, record, options);
  const given = branchOptions(record.train, givenTrainOptions(options), from);
  const { data, choices } = await dataForBase(ctx, { name: run, folder: run }, options.data, options);
  const sources = options.data.length > 0 ? options.data : record.sources;
  return train({
    ...trainingHooks(ctx, out, options),
    signal: ctx.interrupt,
    base,
    data,
    options: given,
    out,
    ...(sources.length > 0 ? { origin: { sources, options: choices } } : {}),
  });
}

/** @throws UsageError for a model or a size that is not that of the weights */
function refuseOtherShapes(from: string, { model, modelOptions }: RunRecord, options: Options): void {
  const architecture = architectureOf(model);
  const asked = options.model === undefined ? model : architectureOf(options.model).type;
  if (asked !== model)
    throw new UsageError(
      `${from} is a ${model}, and its weights do not fit a ${asked}; leave --model out, or train without --init-from.`,
      { option: "model", expected: model, actual: asked },
    );
  for (const [name, value] of Object.entries(givenModelOptions(options))) {
    const was = modelOptions[name] ?? architecture.options[name]?.default;
    if (value === was) continue;
    const flag = flagOf(nameOf(name));
    throw new UsageError(
      `${from} has ${flag} ${was}, and its weights do not fit ${value}; leave ${flag} out, or train without --init-from.`,
      { option: name, expected: was, actual: value },
    );
  }
}

/** @throws UsageError for a fine-tuning, and for options that the run does not have */
function refuseOtherRun(out: string, record: RunRecord, options: Options): void {
  const { initFrom } = options;
  if (initFrom !== undefined && (record.base === undefined || resolve(record.base) !== resolve(initFrom)))
    throw new UsageError(
      `${out} was begun ${record.base === undefined ? "with new weights" : `from ${record.base}`}, not from ${initFrom}; leave --init-from out, or train into a new folder.`,
      { option: "initFrom", expected: record.base, actual: initFrom },
    );
  if (record.base !== undefined && initFrom === undefined)
    throw new UsageError(
      `${out} was fine-tuned from ${record.base}; go on with "punchline finetune ${record.base} --out ${out} --resume".`,
    );
  refuseChanges(out, record, options, dataChoices(options, architectureOf(record.model).tokens));
}
