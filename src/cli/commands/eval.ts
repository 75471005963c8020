/** `punchline eval`: how well a model predicts a source. */
import { UsageError } from "../../core/errors.ts";
import { readRawText, readTexts } from "../../data/prepare-sources.ts";
import { prepareOptionsOf } from "../../data/recorded-options.ts";
import { splitNames } from "../../data/split.ts";
import { unknownWarning } from "../../data/warnings.ts";
import type { Evaluation } from "../../evaluate/evaluation.ts";
import { evaluateModel } from "../../evaluate/hosted-likelihood.ts";
import { type LastWords, scoreLastWords } from "../../evaluate/last-word.ts";
import { isolatesDocuments } from "../../evaluate/likelihood.ts";
import { SharedModel } from "../../evaluate/shared-model.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { tokenUnit } from "../../train/streams.ts";
import { argument, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { modelKinds, modelOptions, openAny, reportUsage } from "../input/open-model.ts";
import { dataOfModel } from "../input/training-data.ts";
import { dataChoices, ownDataOptions } from "../options/data.ts";
import { choice, integer, list, type OptionValues, present, usual } from "../options/option.ts";
import { flagGiven } from "../output/flags.ts";
import { formatCount } from "../output/format.ts";

const options = {
  ...usual({
    data: list("Texts to score: one-liners or cities (built in), a file, hf:owner/dataset", {
      placeholder: "SOURCE",
      defaultIs: "what the run was trained on",
    }),
    split: choice("Part of the data to score", ["train", "validation", "test", "all"], {
      defaultIs: "test, or validation if that is empty",
    }),
    recipe: choice(
      "As in papers: wikitext2, the file as one text in windows of the whole context; lambada, the last word of each passage",
      ["wikitext2", "lambada"],
      { defaultIs: "none" },
    ),
  }),
  batch: integer("Windows at once", { min: 1, defaultIs: "16, or fewer for a large vocabulary" }),
  length: integer("Tokens of a window", { min: 2, defaultIs: "the context, at most 256" }),
  stride: integer("In models with a bounded context, tokens that each window adds to the score", {
    min: 1,
    defaultIs: "half a window",
  }),
  texts: choice("Whether each text is read by itself or after the one before", ["alone", "stream"], {
    defaultIs: "as in the run's training",
  }),
  ...ownDataOptions,
  ...modelOptions,
} as const;

type Options = OptionValues<typeof options>;

export default defineCommand({
  description:
    "Scores every token of a split once. Prints the loss in nats per token, the perplexity per token, word and byte, " +
    "and bits per character and per byte, which are comparable between vocabularies. A masked model is scored with " +
    "each token hidden in turn (pseudo-perplexity). With --quantize the change against float32 is printed too.",
  ranks: true,
  arguments: { model: argument(modelKinds) },
  options,
  examples: {
    "punchline eval runs/a": "On the test split of its own data",
    "punchline eval runs/a --data jokes.csv": "On the test split of other data",
    "punchline eval punchline-gpt2 --data book.txt --raw": "On one text, unchanged",
    "punchline eval gpt2 --recipe wikitext2 --data wiki.test.raw": "WikiText-2 as papers report it",
  },
  async run(ctx, args, given) {
    const model = await openAny(ctx, args.model, given);
    const options = withRecipe(model, given);
    const last = options.recipe === "lambada";
    if (last && model instanceof SharedModel)
      throw new UsageError("--recipe lambada scores in one process; run it without mpirun or srun.");
    const texts = last ? await passagesOf(options) : await textsOf(ctx, model, options);
    const score = (of: TextModel) =>
      last ? scorePassages(ctx, of, texts) : scoreTexts(ctx, of, texts, options);
    const result = await score(model);
    const rounded = model.kind === "local" && options.quantize !== undefined;
    const float32 = rounded
      ? await score(await openAny(ctx, args.model, { ...given, quantize: undefined }))
      : undefined;
    printScore(ctx, model, result, texts);
    const change = float32 && result.perplexity / float32.perplexity - 1;
    if (float32 && change !== undefined) {
      const percent = (100 * change).toFixed(2);
      ctx.print(
        `in float32          ${formatPerplexity(float32.perplexity)} (${options.quantize === "q8" ? 8 : 4} bits: ${change < 0 ? "" : "+"}${percent} %)`,
      );
    }
    ctx.json({
      ...result,
      split: texts.split,
      texts: texts.layout,
      float32: float32 && { loss: float32.loss, perplexity: float32.perplexity },
      perplexity_change: change,
      ...reportUsage(ctx, model, options),
    });
  },
});

async function scoring<T>(
  ctx: Context,
  score: (onProgress: (done: number) => void) => Promise<T>,
): Promise<T> {
  const task = ctx.progress.start("scoring", { unit: "%", total: 100 });
  const result = await score((done) => task.update({ done: 100 * done }));
  // Of texts with prompts only the answers are counted, and of all tokens: the share stays below one.
  task.update({ done: 100 });
  task.end();
  return result;
}

function scoreTexts(
  ctx: Context,
  model: TextModel,
  { texts, kind, layout, prompts, learned }: Texts,
  options: Options,
): Promise<Evaluation> {
  const { batch, length, stride } = options;
  return scoring(ctx, (onProgress) => {
    const how = {
      kind,
      alone: layout === "alone",
      prompts,
      learned,
      ...present({ batch, length, stride }),
      onProgress,
      signal: ctx.interrupt,
    };
    return model instanceof SharedModel ? model.evaluate(texts, how) : evaluateModel(model, texts, how);
  });
}

function scorePassages(ctx: Context, model: TextModel, { texts }: Texts): Promise<LastWords> {
  if (model.kind === "hosted")
    throw new UsageError(
      `--recipe lambada needs the odds of every token, which ${model.name} does not give.`,
    );
  return scoring(ctx, (onProgress) => scoreLastWords(model, texts, { onProgress, signal: ctx.interrupt }));
}

/** Tokens below which the figures of a text are told with a caution. */
const FEW = 200;

function printScore(
  ctx: Context,
  model: TextModel,
  result: Evaluation | LastWords,
  { split, layout }: Texts,
): void {
  const units = model.kind === "local" ? tokenUnit(model.tokenizer) : "tokens";
  const unit = units.slice(0, -1);
  const pseudo = result.likelihood === "pseudo" ? "pseudo-" : "";
  // Tokens of a word vocabulary include punctuation; perplexity per word spells unknown words.
  const written = unit === "word" ? ["word or mark", "word as written"] : [unit, "word"];
  const per = [
    `${formatPerplexity(result.perplexity)} per ${written[0]}`,
    `${formatPerplexity(result.perplexity_per_word)} per ${written[1]}`,
    `${formatPerplexity(result.perplexity_per_byte)} per byte`,
  ];
  if ("accuracy" in result)
    ctx.print(
      `accuracy            ${(100 * result.accuracy).toFixed(2)} % of ${formatCount(result.passages)} last words`,
    );
  ctx.print(`loss                ${result.loss.toFixed(4)} nats per ${unit}`);
  ctx.print(`${`${pseudo}perplexity`.padEnd(20)}${per.join(", ")}`);
  ctx.print(`bits per character  ${result.bits_per_character.toFixed(4)}`);
  ctx.print(`bits per byte       ${result.bits_per_byte.toFixed(4)}`);
  const stride = result.stride === undefined ? "" : `, of which each scores ${formatCount(result.stride)}`;
  const windows =
    result.stride === undefined && result.likelihood === undefined
      ? ""
      : `, in windows of ${formatCount(result.context)}${stride}`;
  const what =
    "accuracy" in result ? "the last words" : split === "all" ? "the whole text" : `the ${split} split`;
  const apart = layout === "alone" && !("accuracy" in result) ? ", each text by itself" : "";
  ctx.print(`over                ${formatCount(result.tokens)} ${units} of ${what}${windows}${apart}`);
  if (result.tokens < FEW)
    ctx.print(`                    so few that other texts of the kind may give quite another loss`);
  if (result.unknown > 0)
    ctx.print(`unknown words       ${formatCount(result.unknown)}, spelt letter by letter for the bits`);
}

/** Four digits at least, as papers give them: `2.316`, `29.41`, `1,204`, `3.10e+7`. */
function formatPerplexity(value: number): string {
  if (value >= 1e6) return value.toExponential(2);
  return value >= 1000 ? formatCount(value) : value.toFixed(value < 10 ? 3 : 2);
}

function withRecipe(model: TextModel, options: Options): Options {
  const { recipe, data, split, batch, length, stride } = options;
  if (recipe === undefined) return options;
  if (data.length === 0) throw new UsageError(`--recipe ${recipe} needs the file: --data FILE.`);
  if (recipe === "lambada") {
    const extra = flagGiven({ split, batch, length, stride });
    if (extra)
      throw new UsageError(`--recipe lambada reads each passage whole; ${extra} has nothing to do there.`);
    return options;
  }
  const context = model.kind === "local" ? model.model.contextLength : Infinity;
  return { ...options, raw: true, length: length ?? (Number.isFinite(context) ? context : undefined) };
}

/** LAMBADA's passages: lines of a text, or rows of a table. */
async function passagesOf(options: Options): Promise<Texts> {
  const texts = await readTexts(
    options.data,
    prepareOptionsOf(dataChoices(options, undefined, options.data)),
  );
  return { texts, kind: "items", split: "all", layout: "alone" };
}

interface Texts {
  readonly texts: readonly string[];
  readonly kind: "items" | "text";
  readonly split: "train" | "validation" | "test" | "all";
  readonly layout: "alone" | "stream";
  /** For each text, the number of its first characters that are a prompt, which is not scored. */
  readonly prompts?: readonly number[] | undefined;
  /** In place of prompts, of conversations: the stretches that were learned. */
  readonly learned?: readonly (readonly number[])[] | undefined;
}

/** The texts to score: one unchanged file, or a split of prepared data, by default of the run's own. */
async function textsOf(ctx: Context, model: TextModel, options: Options): Promise<Texts> {
  const choices = dataChoices(options, undefined, options.data);
  if (options.raw) {
    const { raw: _r, encoding: _e, ...others } = choices;
    const extra = flagGiven(others);
    if (extra) throw new UsageError(`--raw takes the text unchanged; ${extra} has nothing to do there.`);
    if (options.split !== undefined && options.split !== "all")
      throw new UsageError("--raw scores the text whole; leave --split out, or give it as all.");
    if (options.data.length === 0) throw new UsageError("--raw needs the file: --data FILE.");
    if (options.texts === "alone") throw new UsageError("--raw takes one text; leave out --texts alone.");
    const text = await readRawText(options.data, { encoding: options.encoding });
    if (model.kind === "local")
      for (const warning of unknownWarning(model.tokenizer, [text])) ctx.warn(warning);
    return { texts: [text], kind: "text", split: "all", layout: "stream" };
  }
  // If all texts are scored, none is held out, and one text is enough.
  const unsplit = options.split === "all" && options.data.length > 0 && options.validationFile === undefined;
  const whole = unsplit ? { validation: 0, test: 0 } : {};
  const data = await dataOfModel(ctx, model, options.data, { ...options, ...whole });
  const alone = isolatesDocuments(model.kind === "local" ? model : {}, data.prompts?.test);
  const layout = options.texts ?? (alone ? "alone" : "stream");
  const split = options.split ?? (data.summary.splits.test > 0 ? "test" : "validation");
  const of = split === "all" ? splitNames : [split];
  const texts = of.flatMap((name) => data.splits[name]);
  if (texts.length === 0)
    throw new UsageError(`The ${split} split is empty; give more texts or choose another --split.`);
  if (options.split === undefined && options.data.length > 0)
    ctx.note(`Only the ${split} split of the data is scored; --split all scores all of it.`);
  if (data.kind === "text") return { texts: [texts.join("")], kind: "text", split, layout: "stream" };
  const prompts = layout === "alone" && data.prompts ? of.flatMap((name) => data.prompts![name]) : undefined;
  const learned = layout === "alone" && data.learned ? of.flatMap((name) => data.learned![name]) : undefined;
  return { texts, kind: "items", split, layout, prompts, learned };
}
