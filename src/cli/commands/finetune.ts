/** `punchline finetune`: trains an existing model further, on a source. */
import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { optionInFlags } from "../../core/flags.ts";
import { builtInNames } from "../../hub/built-in.ts";
import { resolveModel } from "../../hub/pull.ts";
import { finetuneOptions, readModel, vocabularyFolder } from "../../train/base.ts";
import { furtherLora } from "../../train/further-adapter.ts";
import { finetuneTraining, trainDefaults } from "../../train/options.ts";
import { refuseTakenFolder } from "../../train/run-folder.ts";
import type { RunRecord } from "../../train/run-record.ts";
import type { TrainResult } from "../../train/train.ts";
import { train } from "../../train/train.ts";
import { argument, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { folderHere, noteBuiltIn } from "../input/open-model.ts";
import { dataForBase, runToResume } from "../input/training-data.ts";
import { adaptationOptions, givenAdaptation, refuseOtherAdaptation } from "../options/adaptation.ts";
import { dataChoices, dataOptions } from "../options/data.ts";
import { trainingDeviceOptions } from "../options/device.ts";
import type { OptionValues } from "../options/option.ts";
import {
  givenTrainOptions,
  refuseChanges,
  resumeRun,
  runOptions,
  sourcesOf,
  trainingHooks,
  trainingOptions,
} from "../options/training.ts";
import { reportTraining } from "../output/training-report.ts";

/** The defaults, except for the learning rate, which depends on the model. */
const finetuneDefaults = finetuneTraining(Infinity);
const defaults = { ...trainDefaults, ...finetuneDefaults };
const learningRate = `${defaults.learningRate} for GPT-2, more for smaller models and --lora`;

const options = {
  ...runOptions,
  ...adaptationOptions,
  ...trainingOptions(defaults, { packing: "blocks", learningRate }),
  ...dataOptions,
  ...trainingDeviceOptions,
} as const;

type Options = OptionValues<typeof options>;

export default defineCommand({
  description:
    "Trains a model further in its own vocabulary. Each text is read by itself and its end is learned, so that the " +
    "model stops by itself. Data with prompts teaches it to answer, and conversations (a field " +
    "messages) all turns of the assistant, by the model's chat template; a model that fills masks learns from masks. The " +
    "defaults are those of Hugging Face's Trainer (AdamW, 5e-5 linear, clip 1, 3 epochs, batch 8) with a warmup and a " +
    "higher rate for smaller models: 2e-3 for punchline-gpt2. The weights of the best validation are kept. The run " +
    "folder is a Hugging Face folder as well.",
  ranks: true,
  arguments: {
    model: argument(
      `Run folder, Hub name, Hugging Face folder or built-in model (${builtInNames.join(", ")})`,
    ),
  },
  options,
  examples: {
    "punchline finetune punchline-gpt2 --data jokes.csv --out runs/b": "The built-in model on your own texts",
    "punchline finetune gpt2 --data jokes.csv --out runs/c --lora": "GPT-2, by an adapter",
    "punchline finetune runs/wiki --out runs/d --max-minutes 5": "A model pre-trained here",
  },
  async run(ctx, { model }, options) {
    const { out } = options;
    const record = await runToResume(ctx, options);
    if (record) {
      refuseOtherBase(out, record, model);
      refuseChanges(out, record, options, dataChoices(options));
      refuseOtherAdaptation(out, record, options);
    }
    const result = await (record ? resumeRun(ctx, out, options) : startRun(ctx, out, model, options));
    reportTraining(ctx, out, result, `punchline finetune ${model} --out`);
  },
});

async function startRun(ctx: Context, out: string, model: string, options: Options): Promise<TrainResult> {
  const sources = sourcesOf(options);
  await refuseTakenFolder(out);
  await noteBuiltIn(ctx, [model]);
  const folder = await resolveModel(model);
  const adapter =
    options.adapter === undefined
      ? undefined
      : { name: options.adapter, folder: await folderHere(ctx, options.adapter) };
  const base = { folder, name: model, adapter };
  const whole = await readModel(folder);
  const type = whole.config.model_type;
  const asked = { ...givenTrainOptions(options), ...givenAdaptation(options, type) };
  const given = adapter
    ? { ...asked, lora: await furtherLora(whole, { folder, adapter }, asked.lora) }
    : asked;
  const chosen = await finetuneOptions(folder, given);
  const shown = Object.entries(chosen)
    .filter(([name]) => name in given || (name in finetuneDefaults && name !== "seqLen"))
    .map(([name, value]) => inFlags(name, value));
  const further = adapter ? ` with the adapter ${adapter.name}` : "";
  ctx.note(`Fine-tuning ${model} (${type})${further}: ${shown.join(", ")}.`);
  const spelling = await vocabularyFolder(base);
  const place = { name: adapter?.folder === spelling ? adapter.name : model, folder: spelling };
  const { data, choices } = await dataForBase(ctx, place, sources, options);
  return train({
    ...trainingHooks(ctx, out, options),
    signal: ctx.interrupt,
    base,
    data,
    options: given,
    out,
    origin: { sources, options: choices },
  });
}

/** @throws UsageError if the run was fine-tuned from another model */
function refuseOtherBase(out: string, { base }: RunRecord, model: string): void {
  if (base === undefined)
    throw new UsageError(
      `${out} was trained from scratch and is no fine-tuning; go on with "punchline train --out ${out} --resume".`,
    );
  if (base !== model && resolve(base) !== resolve(model))
    throw new UsageError(
      `${out} was fine-tuned from ${base}, not from ${model}; go on with "punchline finetune ${base} --out ${out} --resume".`,
    );
}

/** An option as it is given on the command line; of an object, each field. */
const inFlags = (name: string, value: string | number | boolean | object): string =>
  typeof value === "object"
    ? Object.entries(value)
        .map(([field, own]) => optionInFlags(`${name}.${field}`, String(own)))
        .join(" ")
    : optionInFlags(name, value);
