/** `punchline eval`: how well a model predicts a source. */
import {
  evaluateModel,
  type LanguageModel,
  readRawText,
  readRun,
  type TextModel,
  tokenUnit,
  UsageError,
} from "../../index.ts";
import { argument, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { dataChoices, dataOptions, readData } from "../data-options.ts";
import { formatCount } from "../format.ts";
import { modelKinds, modelOptions, openAny, tellUsage } from "../open-model.ts";
import { choice, flagOf, integer, list, type OptionValues, present } from "../option.ts";

const options = {
  data: list({
    describe: "Source: one-liners, a file, hf:owner/dataset (default: what the run was trained on)",
    placeholder: "SOURCE",
  }),
  split: choice(["train", "validation", "test", "all"], {
    describe: "Which part (default test, or validation where that is empty)",
  }),
  batch: integer({ describe: "Windows side by side", min: 1, default: 16 }),
  length: integer({ describe: "Tokens of a window", min: 2 }),
  window: integer({
    describe: "Tokens that each window scores anew, for models with a bounded context",
    min: 1,
  }),
  texts: choice(["alone", "stream"], {
    describe:
      "Whether each text is read by itself or after the one before (default: as in the run's training)",
  }),
  ...dataOptions,
  ...modelOptions,
} as const;

type Options = OptionValues<typeof options>;

export default defineCommand({
  description:
    "Scores every token of a split once and prints the loss in nats per token, the perplexity, and bits per " +
    "character and per byte, which compare models of different vocabularies.",
  arguments: { model: argument({ describe: modelKinds }) },
  options,
  examples: [
    { command: "punchline eval runs/a", explain: "On the test split of the run's own data" },
    { command: "punchline eval runs/a --data jokes.csv", explain: "On the test split of other data" },
    { command: "punchline eval gpt2 --data wiki.test.raw --raw", explain: "On one text as it stands" },
  ],
  async run(ctx, args, options) {
    const model = await openAny(ctx, args.model, options);
    if (model.kind === "local") refuseUseless(model.lm, options);
    const { texts, kind, split, layout, prompts } = await textsOf(ctx, model, options);
    const begun = performance.now();
    const task = ctx.progress.start("scoring", { unit: "%" });
    const result = await evaluateModel(model, texts, {
      kind,
      alone: layout === "alone",
      ...present({
        prompts,
        batch: options.batch,
        length: options.length,
        stride: options.window,
      }),
      onProgress: (done) =>
        task.update({
          done: Math.floor(100 * done),
          secondsLeft: ((performance.now() - begun) / 1000) * (1 / done - 1),
        }),
      signal: ctx.interrupt,
    });
    const units = model.kind === "local" ? tokenUnit(model.lm.tokenizer) : "tokens";
    const scored = `${formatCount(result.tokens)} ${units} of ${split === "all" ? "the whole text" : `the ${split} split`}`;
    task.end(`scored ${scored}`);
    ctx.print(`loss                ${result.loss.toFixed(4)} nats per ${units.slice(0, -1)}`);
    ctx.print(`perplexity          ${result.perplexity.toFixed(2)}`);
    ctx.print(`bits per character  ${result.bits_per_character.toFixed(4)}`);
    ctx.print(`bits per byte       ${result.bits_per_byte.toFixed(4)}`);
    ctx.print(`over                ${scored}${layout === "alone" ? ", each text by itself" : ""}`);
    if (result.unknown > 0)
      ctx.print(`unknown words       ${formatCount(result.unknown)}, spelt letter by letter for the bits`);
    ctx.json({ ...result, split, texts: layout, ...tellUsage(ctx, model, options) });
  },
});

/** What the model could only ignore. */
function refuseUseless({ model }: LanguageModel, { window, length }: Options): void {
  const { contextLength, config } = model;
  if (window !== undefined && !Number.isFinite(contextLength)) {
    throw new UsageError(
      `--window is of no use to a ${config.model_type}, which carries its state from window to window; leave it out.`,
    );
  }
  if (length !== undefined && length > contextLength) {
    throw new UsageError(
      `--length ${length} is beyond the ${contextLength} tokens that ${config.model_type} sees at once.`,
    );
  }
}

interface Texts {
  readonly texts: readonly string[];
  readonly kind: "items" | "text";
  readonly split: "train" | "validation" | "test" | "all";
  readonly layout: "alone" | "stream";
  /** How many of each text's first characters are a prompt, which is not scored. */
  readonly prompts?: readonly number[] | undefined;
}

/** The texts to score: one file as it stands, or a split of prepared data, by default of the run's own. */
async function textsOf(ctx: Context, model: TextModel, options: Options): Promise<Texts> {
  const choices = dataChoices(options);
  if (options.raw) {
    const odd = Object.keys(choices).find((name) => name !== "raw");
    if (odd)
      throw new UsageError(`--raw takes the text as it stands; ${flagOf(odd)} has nothing to do there.`);
    if (options.split !== undefined && options.split !== "all")
      throw new UsageError("--raw scores the text whole; leave --split out, or give it as all.");
    if (options.data.length === 0) throw new UsageError("--raw needs the file: --data FILE.");
    if (options.texts === "alone") throw new UsageError("--raw takes one text; leave out --texts alone.");
    return { texts: [await readRawText(options.data)], kind: "text", split: "all", layout: "stream" };
  }
  const run = model.kind === "local" ? await readRun(model.folder).catch(() => undefined) : undefined;
  const own = options.data.length === 0 && run !== undefined && run.sources.length > 0;
  const sources = own ? run.sources : options.data;
  const data = await readData(ctx, sources.length > 0 ? sources : ["one-liners"], {
    ...(own ? run.data : {}),
    ...choices,
  });
  const trainedAlone = (run?.train.packing ?? "stream") !== "stream";
  const layout = options.texts ?? (trainedAlone || data.prompts ? "alone" : "stream");
  const { train, validation, test } = data.splits;
  const split = options.split ?? (test.length > 0 ? "test" : "validation");
  const texts = split === "all" ? [...train, ...validation, ...test] : data.splits[split];
  if (texts.length === 0)
    throw new UsageError(`The ${split} split is empty; give more texts or choose another --split.`);
  if (data.kind === "text") return { texts: [texts.join("")], kind: "text", split, layout: "stream" };
  const of = split === "all" ? (["train", "validation", "test"] as const) : [split];
  const prompts = layout === "alone" && data.prompts ? of.flatMap((name) => data.prompts![name]) : undefined;
  return { texts, kind: "items", split, layout, prompts };
}
