/** `punchline sample`: texts from a model. */
import { InputError, UsageError } from "../../core/errors.ts";
import type { PreparedData } from "../../data/prepare.ts";
import type { AuditedText } from "../../evaluate/novelty/auditor.ts";
import { type NovelSamples, writeNovel } from "../../evaluate/novelty/novel-samples.ts";
import { noveltyAuditor, sourceAuditor } from "../../evaluate/novelty/source-auditor.ts";
import { elsewhereOf } from "../../evaluate/novelty/source-texts.ts";
import { createChat, type SayOptions } from "../../generate/chat.ts";
import { promptNote, type Sample } from "../../generate/sample.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { refuseIdle } from "../../ranks/ranks.ts";
import { chatTemplateNames } from "../../text/chat-template.ts";
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
  present,
  rivals,
  text,
  usual,
} from "../options/option.ts";
import { flagGiven } from "../output/flags.ts";
import { formatCount } from "../output/format.ts";
import { marksNote, printShared } from "../output/shared-texts.ts";

/** Printed between texts of several lines. */
const separator = "─".repeat(20);

export default defineCommand({
  description: "Writes texts token by token. The same seed writes the same texts, however many are written.",
  ranks: true,
  arguments: { model: argument(modelKinds) },
  options: {
    ...usual({
      ...rivals({
        prompt: text("What each text begins with", { default: "" }),
        textFile: text("A file with the prompt", { placeholder: "FILE", defaultIs: "none" }),
      }),
      n: integer("Texts to write", { short: "n", min: 1, max: 100_000, default: 1 }),
      temperature: number("Below 1 safer, above 1 wilder, 0 always the likeliest", {
        min: 0,
        max: 100,
        default: 1,
      }),
      topK: integer("Draw from the K likeliest tokens, 0 for all", { min: 0, default: 0 }),
      topP: number("Draw from the likeliest tokens that reach this probability together", {
        above: 0,
        max: 1,
        default: 1,
      }),
      maxLength: integer("Most tokens after the prompt", { min: 1, defaultIs: "200, or what fits" }),
    }),
    minP: number("Draw from tokens at least this share as likely as the likeliest", {
      min: 0,
      max: 1,
      default: 0,
    }),
    repetitionPenalty: number("Above 1, makes tokens seen before less likely", { above: 0, default: 1 }),
    beams: integer("Find the likeliest texts by beam search with this many beams, instead of drawing", {
      min: 1,
      max: 64,
      defaultIs: "none",
    }),
    stop: list("A text that ends the sample", { defaultIs: "none" }),
    ...usual({ seed: integer("Seed of the random numbers", { min: 0, default: 0 }) }),
    chat: flag("Ask with the prompt as the user's turn of the model's chat template"),
    slide: flag("Drop the oldest tokens when the context is full"),
    ...inGroup("New or remembered", {
      check: flag("Show with each text the training texts that begin like it, and what is a copy"),
      novel: numberOrBare(
        "Replace copies by new texts: what is as similar as this to a training text, or sewn together from some",
        { min: 0.6, max: 1, bare: 0.7, defaultIs: "off" },
      ),
      tries: integer("Most texts written for each one wanted", { min: 1, defaultIs: "20" }),
      data: list("The training data", { placeholder: "SOURCE", defaultIs: "the run's own, or one-liners" }),
    }),
    ...fileOptions,
    ...modelOptions,
  },
  examples: {
    'punchline sample punchline-gpt2 --prompt "The old man" -n 3': "With the built-in model",
    'punchline sample runs/a --prompt "Why did" -n 5 --temperature 0.8': "Five endings",
    "punchline sample runs/a -n 3 --check": "With the training texts that begin like them",
    "punchline sample gpt2 --adapter runs/b": "With a LoRA adapter of GPT-2",
    "punchline sample runs/a -n 100 --json > jokes.json": "Many, for a program",
    'punchline sample runs/a --prompt "Why" --beams 8 -n 3': "The three likeliest found",
    'punchline sample openai:gpt-4o-mini --prompt "Why did" --max-length 40':
      "A hosted model, with the key in OPENAI_API_KEY",
  },
  async run(
    ctx,
    args,
    {
      adapter,
      device,
      threads,
      quantize,
      priceIn,
      priceOut,
      n,
      check,
      novel,
      tries,
      data,
      chat: asked,
      ...given
    },
  ) {
    const { textFile, prompt, fileFormat, encoding, delimiter, header, maxLine, ...rest } = given;
    const files = { fileFormat, encoding, delimiter, header, maxLine };
    const options = { ...rest, prompt: (await textFrom(prompt, textFile, "--prompt")) ?? "" };
    const where = { adapter, device, threads, quantize, priceIn, priceOut };
    if (options.stop.includes("")) throw new UsageError("--stop needs a text, and not an empty one.");
    const looked = check || novel !== undefined;
    const extra = flagGiven(files) ?? (data[0] && "--data");
    if (!looked && extra)
      throw new UsageError(`${extra} is of use with --check and --novel only; add one or leave it out.`);
    if (novel === undefined && tries !== undefined)
      throw new UsageError("--tries is of use with --novel only; add --novel or leave it out.");
    if (novel !== undefined && options.beams !== undefined)
      throw new UsageError(
        "--novel draws again and again, and --beams draws nothing; leave one of them out.",
      );
    if (asked) refuseWithChat({ ...options, looked });
    if (ctx.lead) {
      if (asked && ctx.lead.ranks.size > 1)
        throw new UsageError("A chat is answered by one process; run it without mpirun or srun.");
      const what = options.beams === undefined ? (n === 1 ? "one text" : `${n} texts`) : "a beam search";
      refuseIdle(options.beams === undefined ? n : 1, what, "write more with -n", ctx.lead.ranks);
    }
    const model = await openAny(ctx, args.model, where);
    if (asked) {
      await answer(ctx, model, n, options);
      return;
    }
    noteTemplate(ctx, model);
    const note = model.kind === "local" ? promptNote(model, present(options)) : undefined;
    if (note) ctx.warn(note);
    const streams = ctx.isTTY && n === 1 && !ctx.asJson && !looked && options.beams === undefined;
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
    const source = looked
      ? { data: await dataOfModel(ctx, model, data, files), indexFile: indexFileOf(model, data) }
      : undefined;
    const found =
      source && novel !== undefined
        ? await onlyNew(ctx, model, write, source, { novel, n, seed: options.seed, tries: tries ?? 20 })
        : undefined;
    const samples = found?.samples ?? (await write(n, options.seed));
    const judged = source && check ? await checked(ctx, samples, source, novel) : undefined;
    if (streams) ctx.print();
    else if (judged) printChecked(ctx, judged);
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
        samples: samples.map(({ ids: _, logProbabilities, ...sample }, i) => ({
          ...sample,
          log_probabilities: logProbabilities.length > 0 ? logProbabilities : undefined,
          check: judged?.[i],
        })),
        novel: found && { threshold: novel, thrown_away: found.thrown_away, kinds: found.kinds },
        ...reportUsage(ctx, model, where),
      });
    }
    await model.release();
    if (found && samples.length < n) throw tooFew(args.model, found, n, novel!);
  },
});

/** @throws UsageError for what is of use where a text is continued */
function refuseWithChat({
  prompt,
  beams,
  slide,
  looked,
}: {
  readonly prompt: string;
  readonly beams?: number | undefined;
  readonly slide: boolean;
  readonly looked: boolean;
}): void {
  const misplaced =
    beams !== undefined ? "--beams" : slide ? "--slide" : looked ? "--check and --novel" : undefined;
  if (misplaced)
    throw new UsageError(`--chat writes answers, for which ${misplaced} has no use; leave one of them out.`);
  if (prompt === "") throw new UsageError("--chat needs a --prompt, which is the user's turn.");
}

/** Says what becomes of the chat template of an instruct model. */
function noteTemplate(ctx: Context, model: TextModel): void {
  if (model.kind === "hosted" || chatTemplateNames(model).length === 0) return;
  ctx.note(
    `${model.name} has a chat template, which is not used: the prompt is continued as it is; --chat or punchline chat asks by it.`,
  );
}

type Given = Readonly<Record<"prompt", string>> & SayOptions;

/** Answers to the prompt as the one turn of a conversation. */
async function answer(ctx: Context, model: TextModel, n: number, given: Given): Promise<void> {
  if (model.kind === "hosted")
    throw new UsageError(
      `${model.name} is a hosted model, which is always asked by its own template; leave --chat out.`,
    );
  const { prompt, temperature, topK, topP, minP, repetitionPenalty, maxLength, stop, seed } = given;
  const chat = createChat(model);
  ctx.note(`${model.name} is asked by its chat template "${chat.template}".`);
  const options = { temperature, topK, topP, minP, repetitionPenalty, maxLength, stop, seed };
  const answers = await chat.sayAll(prompt, { ...present(options), n, signal: ctx.interrupt });
  const several = answers.some(({ text }) => text.includes("\n"));
  for (const [i, { text }] of answers.entries()) {
    if (several && i > 0) ctx.print(separator);
    ctx.print(ctx.shown(text));
  }
  ctx.json({
    template: chat.template,
    samples: answers.map(({ text, tokens, finish }) => ({ prompt, text, tokens, finish })),
  });
  await chat.release();
  await model.release();
}

interface Wanted {
  readonly novel: number;
  readonly n: number;
  readonly seed: number;
  readonly tries: number;
}

/** What texts are looked up in, and where its index is kept. */
interface Source {
  readonly data: PreparedData;
  readonly indexFile: string | undefined;
}

/** The audit of each text, whole. */
async function checked(
  ctx: Context,
  samples: readonly Sample[],
  { data, indexFile }: Source,
  near: number | undefined,
): Promise<readonly AuditedText[]> {
  const task = ctx.progress.start("looking up", { unit: "texts" });
  const judge = await sourceAuditor(data, { rule: present({ near }), indexFile });
  const judged: AuditedText[] = [];
  for (const { prompt, text } of samples) {
    ctx.interrupt.throwIfAborted();
    judged.push(judge.audit(prompt + text, prompt === "" ? undefined : prompt));
    task.update({ done: judged.length, total: samples.length });
  }
  task.end();
  return judged;
}

function printChecked(ctx: Context, judged: readonly AuditedText[]): void {
  ctx.print(marksNote(ctx));
  for (const [i, one] of judged.entries()) {
    ctx.print();
    printShared(ctx, one, judged.length > 1 ? i + 1 : undefined);
  }
}

async function onlyNew(
  ctx: Context,
  model: TextModel,
  write: Parameters<typeof writeNovel>[0],
  { data, indexFile }: Source,
  { novel, ...wanted }: Wanted,
): Promise<NovelSamples> {
  const rule = { near: novel };
  const auditor = await noveltyAuditor(data.splits.train, { rule, indexFile });
  const task = ctx.progress.start("writing", { unit: "new texts" });
  const found = await writeNovel(write, auditor, {
    ...wanted,
    elsewhere: elsewhereOf(data, { rule })?.auditor,
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
  ctx.note(`Threw away ${formatCount(thrown_away)} of ${formatCount(thrown_away + kept)} texts${which}.`);
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
