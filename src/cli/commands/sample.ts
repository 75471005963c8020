/** `punchline sample`: texts from a model. */
import { InputError, UsageError } from "../../core/errors.ts";
import { type NovelSamples, writeNovel } from "../../evaluate/novelty/novel-samples.ts";
import { elsewhereOf, noveltyAuditor } from "../../evaluate/novelty/source-auditor.ts";
import { promptNote } from "../../generate/sample.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { argument, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { modelKinds, modelOptions, openAny, reportUsage } from "../input/open-model.ts";
import { promptAsRead, textFrom } from "../input/prompt.ts";
import { dataOfModel, indexFileOf } from "../input/training-data.ts";
import { fileOptions } from "../options/data.ts";
import {
  flag,
  inGroup,
  integer,
  list,
  number,
  numberOrBare,
  type OptionValues,
  present,
  text,
} from "../options/option.ts";
import { flagGiven } from "../output/flags.ts";
import { formatCount } from "../output/format.ts";

/** Printed between texts of several lines. */
const separator = "─".repeat(20);

export default defineCommand({
  description: "Writes texts token by token. The same seed writes the same texts, whatever their number.",
  arguments: { model: argument(modelKinds) },
  options: {
    prompt: text("What each text begins with", { default: "" }),
    textFile: text("A file that holds the prompt", { placeholder: "FILE" }),
    n: integer("How many texts", { short: "n", min: 1, max: 100_000, default: 1 }),
    temperature: number("Below 1 bolder on the likely, above 1 wilder, 0 the likeliest", {
      min: 0,
      max: 100,
      default: 1,
    }),
    topK: integer("Only the K likeliest tokens, 0 for all", { min: 0, default: 0 }),
    topP: number("Only the likeliest that reach this probability", { above: 0, max: 1, default: 1 }),
    minP: number("Only those at least this share as likely as the best", { min: 0, max: 1, default: 0 }),
    repetitionPenalty: number("Makes tokens seen before less likely, above 1", { above: 0, default: 1 }),
    maxLength: integer("Most tokens after the prompt (default 200, or what fits)", { min: 1 }),
    beams: integer("The likeliest texts by beam search with this many beams, instead of drawing", {
      min: 1,
      max: 64,
    }),
    stop: list("A text that ends the sample"),
    seed: integer("Of the random numbers", { min: 0, default: 0 }),
    slide: flag("Drop the oldest tokens where the context is full"),
    ...inGroup("New texts only", {
      novel: numberOrBare(
        "Write again what is a copy: as similar as this to a training text, or sewn together from some",
        { min: 0.6, max: 1, bare: 0.7 },
      ),
      tries: integer("Most texts written for each one wanted (default 20)", { min: 1 }),
      data: list("The training data (default: the run's own, or one-liners)", { placeholder: "SOURCE" }),
    }),
    ...fileOptions,
    ...modelOptions,
  },
  examples: {
    'punchline sample punchline-gpt2 --prompt "The old man" -n 3': "With the built-in model",
    'punchline sample runs/a --prompt "Why did" -n 5 --temperature 0.8': "Five endings",
    "punchline sample runs/a -n 100 --json > jokes.json": "Many, for a program",
    'punchline sample runs/a --prompt "Why" --beams 8 -n 3': "The three likeliest found",
    'punchline sample openai:gpt-4o-mini --prompt "Why did" --max-length 40':
      "A hosted model, with the key in OPENAI_API_KEY",
  },
  async run(ctx, args, { device, threads, quantize, priceIn, priceOut, n, novel, tries, data, ...given }) {
    const { textFile, prompt, fileFormat, encoding, delimiter, header, maxLine, ...rest } = given;
    const files = { fileFormat, encoding, delimiter, header, maxLine };
    const options = { ...rest, prompt: (await textFrom(prompt, textFile, "--prompt")) ?? "" };
    const where = { device, threads, quantize, priceIn, priceOut };
    if (options.stop.includes("")) throw new UsageError("--stop needs a text, and not an empty one.");
    const extra = flagGiven({ tries, ...files }) ?? (data[0] && "--data");
    if (novel === undefined && extra)
      throw new UsageError(`${extra} is of use with --novel only; add --novel or leave it out.`);
    if (novel !== undefined && options.beams !== undefined)
      throw new UsageError(
        "--novel draws again and again, and --beams draws nothing; leave one of them out.",
      );
    const model = await openAny(ctx, args.model, where);
    const note = model.kind === "local" ? promptNote(model, present(options)) : undefined;
    if (note) ctx.warn(note);
    const streams = ctx.isTTY && n === 1 && !ctx.asJson && novel === undefined && options.beams === undefined;
    const read = promptAsRead(ctx, model, options.prompt);
    if (streams) ctx.write(ctx.shown(read));
    const write = (count: number, seed: number) =>
      model.sample({
        ...present(options),
        n: count,
        seed,
        signal: ctx.interrupt,
        ...(streams ? { onText: (_, piece) => ctx.write(ctx.shown(piece)) } : {}),
      });
    const found =
      novel === undefined
        ? undefined
        : await onlyNew(ctx, model, write, { novel, n, seed: options.seed, tries: tries ?? 20, data, files });
    const samples = found?.samples ?? (await write(n, options.seed));
    if (streams) ctx.print();
    else {
      const texts = samples.map(({ prompt, text }) => ctx.shown(prompt + text));
      const several = texts.some((text) => text.includes("\n"));
      for (const [i, text] of texts.entries()) {
        if (several && i > 0) ctx.print(separator);
        ctx.print(text);
      }
    }
    if (found) reportThrownAway(ctx, found, samples.length);
    if (samples.length > 0) {
      ctx.json({
        samples: samples.map(({ ids: _, logProbabilities, ...sample }) => ({
          ...sample,
          log_probabilities: logProbabilities.length > 0 ? logProbabilities : undefined,
        })),
        novel: found && { threshold: novel, thrown_away: found.thrown_away, kinds: found.kinds },
        ...reportUsage(ctx, model, where),
      });
    }
    await model.release();
    if (found && samples.length < n) throw tooFew(args.model, found, n, novel!);
  },
});

interface Wanted {
  readonly novel: number;
  readonly n: number;
  readonly seed: number;
  readonly tries: number;
  readonly data: readonly string[];
  readonly files: OptionValues<typeof fileOptions>;
}

async function onlyNew(
  ctx: Context,
  model: TextModel,
  write: Parameters<typeof writeNovel>[0],
  { novel, data, files, ...wanted }: Wanted,
): Promise<NovelSamples> {
  const prepared = await dataOfModel(ctx, model, data, files);
  const rule = { near: novel };
  const indexFile = indexFileOf(model, data);
  const auditor = await noveltyAuditor(prepared.splits.train, { rule, indexFile });
  const task = ctx.progress.start("writing", { unit: "new texts" });
  const found = await writeNovel(write, auditor, {
    ...wanted,
    elsewhere: elsewhereOf(prepared, { rule })?.auditor,
    // A local decoder is compiled for a number of texts and reused; a hosted model charges for each text.
    atLeast: model.kind === "local" ? Math.min(wanted.n, 64) : 1,
    onProgress: (done, total) => task.update({ done, total }),
    signal: ctx.interrupt,
  });
  task.end();
  return found;
}

function reportThrownAway(ctx: Context, { thrown_away, kinds }: NovelSamples, kept: number): void {
  const counts = [
    [kinds.exact, "whole"],
    [kinds.near, "near"],
    [kinds.span, "sewn together"],
    [kinds.empty, "without a word"],
  ] as const;
  const parts = counts.filter(([count]) => count > 0).map(([count, name]) => `${formatCount(count)} ${name}`);
  const which = parts.length === 0 ? "" : `: ${parts.join(", ")}`;
  ctx.warn(`Threw away ${formatCount(thrown_away)} of ${formatCount(thrown_away + kept)} texts${which}.`);
}

function tooFew(name: string, written: NovelSamples, n: number, novel: number): Error {
  const { samples, thrown_away, ended } = written;
  const found = samples.length === 0 ? "nothing new" : `${samples.length} new of the ${n} texts wanted`;
  const thrown = `${formatCount(thrown_away)} were thrown away`;
  const why = ended === "repeats" ? "in the end it only repeated itself" : thrown;
  return new InputError(
    "nothing-new",
    `${name} wrote ${found}, by the threshold ${novel}: ${why}; raise --temperature, change --prompt or --seed${ended === "tries" ? ", allow more --tries" : ""}${novel < 1 ? ", or allow more likeness with --novel 1" : ""}.`,
    { found: samples.length, thrown_away },
  );
}
