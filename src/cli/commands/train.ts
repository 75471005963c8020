/** `punchline train`: a model from scratch on a source, into a run folder. */
import { UsageError } from "../../core/errors.ts";
import { suitedVocabulary } from "../../data/vocabularies.ts";
import { architectureOf, architectures } from "../../models/registry.ts";
import { trainDefaults } from "../../train/options.ts";
import { type RunRecord, refuseTakenFolder } from "../../train/run-folder.ts";
import type { TrainResult } from "../../train/session.ts";
import { train } from "../../train/train.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { runToResume } from "../input/training-data.ts";
import { dataChoices, dataOptions, readData } from "../options/data.ts";
import { trainingDeviceOptions } from "../options/device.ts";
import { type OptionValues, text } from "../options/option.ts";
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
import { reportTraining } from "../output/training-report.ts";

const MODEL = "char-lstm";

const options = {
  model: text(`Architecture: ${architectures.map((a) => a.type).join(", ")} (default ${MODEL})`, {
    placeholder: "NAME",
  }),
  ...runOptions,
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
    `The defaults shown are ${MODEL}'s; another architecture has others where they suit it.`,
  arguments: {},
  options: { ...modelOptions(), ...options },
  examples: {
    "punchline train --out runs/a --max-minutes 3": "A char-LSTM on the built-in jokes",
    "punchline train --model char-gru --data jokes.csv --out runs/b --epochs 5": "Your own file",
    "punchline train --out runs/a --resume": "Go on after Ctrl-C or kill -9",
    "punchline train --out runs/a --resume --max-minutes 10":
      "Go on until ten minutes in all; a new limit replaces the old ones",
  },
  async run(ctx, _, options) {
    const { out } = options;
    if (out === undefined)
      throw new UsageError('--out is needed: the folder for the run, such as "--out runs/a".');
    const record = await runToResume(ctx, out, options.resume);
    if (record) refuseOtherRun(out, record, options);
    const result = await (record ? resumeRun : startRun)(ctx, out, options);
    reportTraining(ctx, out, result, "punchline train --out");
  },
});

async function startRun(ctx: Context, out: string, options: Options): Promise<TrainResult> {
  const architecture = architectureOf(options.model ?? MODEL);
  const modelOptions = givenModelOptions(options);
  // Invalid options are refused before the data is read.
  await refuseTakenFolder(out);
  architecture.configure(modelOptions, 1);
  const sources = sourcesOf(options);
  const choices = dataChoices(options, architecture.tokens);
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

/** @throws UsageError for a fine-tuning, and for options that the run does not have */
function refuseOtherRun(out: string, record: RunRecord, options: Options): void {
  if (record.base !== undefined)
    throw new UsageError(
      `${out} was fine-tuned from ${record.base}; go on with "punchline finetune ${record.base} --out ${out} --resume".`,
    );
  refuseChanges(out, record, options, dataChoices(options, architectureOf(record.model).tokens));
}
