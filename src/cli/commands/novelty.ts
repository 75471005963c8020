/** `punchline novelty`: which of a model's texts repeat its training data. */
import { existsSync, statSync } from "node:fs";
import { InputError, UsageError } from "../../core/errors.ts";
import type { PreparedData } from "../../data/prepare.ts";
import { readTexts } from "../../data/prepare-sources.ts";
import { auditModel, type ModelAudit, type SnapshotAudit } from "../../evaluate/novelty/audit-model.ts";
import { hasWord } from "../../evaluate/novelty/audit-source.ts";
import { type CopyRule, checkRule } from "../../evaluate/novelty/copies.ts";
import { shareAudit } from "../../evaluate/novelty/shared-audit.ts";
import { auditSnapshots } from "../../evaluate/novelty/snapshots.ts";
import { noveltyAuditor } from "../../evaluate/novelty/source-auditor.ts";
import { isHosted } from "../../generate/open.ts";
import type { TextModel } from "../../generate/text-model.ts";
import { refuseIdle } from "../../ranks/ranks.ts";
import { noveltyPage } from "../../report/pages/novelty.ts";
import { refuseOverOther } from "../../report/pages/page-file.ts";
import { argument, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { modelOptions, openAny, reportUsage } from "../input/open-model.ts";
import { promptAsRead } from "../input/prompt.ts";
import { dataOfModel, indexFileOf, recordOf } from "../input/training-data.ts";
import { ownDataOptions } from "../options/data.ts";
import { deviceOf } from "../options/device.ts";
import { flag, integer, list, number, type OptionValues, present, text, usual } from "../options/option.ts";
import { documentInFlags, flagOf } from "../output/flags.ts";
import { formatCount } from "../output/format.ts";
import { printAudit } from "../output/novelty-tables.ts";

const rule = checkRule();
/** Defaults of the options that apply only to models. */
const defaults = { n: 200, temperature: 0.8, maxLength: 240, seed: 0, asked: 100, prefix: 10 } as const;

const options = {
  ...usual({
    data: list("The training data", { placeholder: "SOURCE", defaultIs: "the run's own, or one-liners" }),
    n: integer("Texts to write", {
      short: "n",
      min: 1,
      max: 100_000,
      defaultIs: String(defaults.n),
    }),
    prompt: text("What each text begins with", { defaultIs: "nothing" }),
    page: text("Also write a page with the copied words marked", { placeholder: "FILE", defaultIs: "none" }),
    checkpoints: flag("Also audit the weights kept during the training (train --snapshot-every)"),
  }),
  baseline: text("Real texts from elsewhere to compare with", {
    placeholder: "SOURCE",
    defaultIs: "the validation and test texts of the data",
  }),
  temperature: number("Sampling temperature", { min: 0, defaultIs: String(defaults.temperature) }),
  maxLength: integer("Most tokens of a text", { min: 1, defaultIs: String(defaults.maxLength) }),
  seed: integer("Seed of the random numbers", { min: 0, defaultIs: String(defaults.seed) }),
  nearCopy: number("Similarity from which a text is a near copy", {
    min: 0.6,
    max: 1,
    defaultIs: String(rule.near),
  }),
  spanCopy: number("Share of its words in long copied spans from which a text is a copy", {
    above: 0,
    max: 1,
    defaultIs: String(rule.span),
  }),
  asked: integer("Training texts of which the model is given the beginning", {
    min: 0,
    defaultIs: String(defaults.asked),
  }),
  prefix: integer("Tokens of such a beginning", { min: 1, defaultIs: String(defaults.prefix) }),
  ...ownDataOptions,
  ...modelOptions,
} as const;

type Given = OptionValues<typeof options>;
type Options = Omit<Given, keyof typeof defaults> & Readonly<Record<keyof typeof defaults, number>>;

export default defineCommand({
  description:
    "Writes texts with a model, or takes a file of texts from anywhere, and looks each up in the training data: " +
    "whole, in parts, and by similarity. Compare the share of copies with what the same rule finds in real texts that " +
    "the model never saw. A model is also given the beginnings of training texts, to see whether it goes on word for word.",
  ranks: true,
  arguments: {
    samples: argument("Any model (a run folder, a name), or a .txt, .jsonl or .csv file of texts"),
  },
  options,
  examples: {
    "punchline novelty runs/a -n 500 --page novelty.html": "A run, against its own data",
    "punchline novelty punchline-gpt2 --data jokes.csv -n 100": "A built-in model, against texts of yours",
    "punchline novelty runs/a --checkpoints": "When did it begin to remember?",
    "punchline novelty jokes.txt --data shortjokes.csv": "Texts from anywhere",
  },
  async run(ctx, { samples }, given) {
    const file = isTextFile(samples);
    refuseIrrelevant(samples, file, given);
    if (given.page !== undefined) refuseOverOther(given.page);
    const options: Options = { ...given, ...defaults, ...present(given) };
    if (file && ctx.lead && ctx.lead.ranks.size > 1)
      throw new UsageError(
        `${samples} is a file of texts, which one process looks up; run it without mpirun or srun.`,
      );
    if (ctx.lead)
      refuseIdle(
        options.n,
        options.n === 1 ? "one text" : `${options.n} texts`,
        "write more with -n",
        ctx.lead.ranks,
      );
    const model = file ? undefined : await openAny(ctx, samples, options);
    if (options.checkpoints) await refuseWithoutRun(samples, model);
    if (options.checkpoints && options.adapter !== undefined)
      throw new UsageError(
        `--checkpoints audits the snapshots of a run; leave --adapter out, and name the run ${options.adapter} as the model.`,
      );
    const data = await dataOfModel(ctx, model, options.data, options);
    const indexFile = indexFileOf(model, options.data);
    const written = model ? await write(ctx, model, options) : await textsIn(samples, options);
    const texts = written.filter(hasWord);
    const baseline = options.baseline === undefined ? undefined : await baselineOf(options.baseline, options);
    const empty = written.length - texts.length;
    if (texts.length === 0) throw new UsageError(`${samples} has no text with a word in it to audit.`);
    if (empty > 0)
      ctx.warn(
        `${formatCount(empty)} of ${formatCount(written.length)} texts have no word and are left out.`,
      );
    const { prefix, asked } = options;
    const prompt =
      model && options.prompt !== undefined ? promptAsRead(ctx, model, options.prompt) : options.prompt;
    const rule: Partial<CopyRule> = present({ near: options.nearCopy, span: options.spanCopy });
    const task = ctx.progress.start("auditing", { unit: "texts" });
    const judgeTexts =
      ctx.lead && ctx.lead.ranks.size > 1 && !file ? await shareAudit(ctx.lead, data, { rule }) : undefined;
    const whole = await auditModel(texts, {
      judgeTexts,
      data,
      lm: model?.kind === "local" && asked > 0 ? model : undefined,
      asked,
      prefix,
      unasked: model?.kind === "hosted" ? `${model.name} runs elsewhere.` : undefined,
      rule,
      everywhere: file,
      prompt,
      indexFile,
      baseline,
      onProgress: (done, total) => task.update({ done, total }),
      signal: ctx.interrupt,
    });
    task.end(
      `audited ${formatCount(texts.length)} ${texts.length === 1 ? "text" : "texts"} against ${formatCount(whole.indexed)}`,
    );
    const checkpoints =
      options.checkpoints && model?.kind === "local" && model.folder !== undefined
        ? await snapshotAudits(ctx, model.folder, data, { ...options, rule, indexFile })
        : undefined;
    const audit: ModelAudit = documentInFlags({ ...whole, checkpoints });
    printAudit(ctx, audit);
    if (options.page !== undefined) {
      await noveltyPage(options.page, samples, ctx.commandLine, audit);
      ctx.print(`\nThe page: ${options.page}`);
    }
    ctx.json({ ...audit, empty, ...(model ? reportUsage(ctx, model, options) : {}) });
    await model?.release();
  },
});

/** The texts of a file. `--encoding` may be only that of the data, so it is used only if the file is not UTF-8. */
async function textsIn(source: string, { column, separator, encoding }: Options): Promise<string[]> {
  const options = { column, separator };
  return readTexts([source], options).catch((error: unknown) => {
    const other = error instanceof InputError && ["utf-8", "binary-file"].includes(error.code);
    if (!other || encoding === undefined) throw error;
    return readTexts([source], { ...options, encoding });
  });
}

/** @throws UsageError if the baseline has no texts */
async function baselineOf(source: string, options: Options): Promise<string[]> {
  const texts = (await textsIn(source, options)).filter(hasWord);
  if (texts.length === 0) throw new UsageError(`--baseline ${source} has no text with a word in it.`);
  return texts;
}

function isTextFile(name: string): boolean {
  if (!/\.(txt|jsonl?|csv|tsv|parquet)(\.gz)?$/.test(name)) return false;
  if (existsSync(name)) return statSync(name).isFile();
  throw new UsageError(`There is no file "${name}"; check the path, or name a model.`);
}

/** Refuses options that have no effect on a file of texts, or on a hosted model. */
function refuseIrrelevant(name: string, file: boolean, given: Given): void {
  const ofModels = Object.keys(defaults) as (keyof typeof defaults)[];
  const irrelevant = file
    ? ([...ofModels, "adapter"] as const)
    : isHosted(name)
      ? (["asked", "prefix"] as const)
      : [];
  const extra = irrelevant.find((option) => given[option] !== undefined);
  if (extra === undefined) return;
  const why = file
    ? "is a file of texts, which writes nothing"
    : "runs elsewhere and is not asked for training texts";
  throw new UsageError(`${name} ${why}; leave ${flagOf(extra)} out.`);
}

async function refuseWithoutRun(name: string, model: TextModel | undefined): Promise<void> {
  if ((await recordOf(model)) === undefined)
    throw new UsageError(
      `${name} is no run trained by Punchline, so it has kept no weights along its training; leave --checkpoints out.`,
    );
}

/** How texts are written. */
const samplingOf = ({ n, prompt = "", temperature, maxLength, seed }: Options) => ({
  n,
  prompt,
  temperature,
  maxLength,
  seed,
});

async function write(ctx: Context, model: TextModel, options: Options): Promise<string[]> {
  const slide = model.kind === "local";
  const samples = await model.sample({ ...samplingOf(options), slide, signal: ctx.interrupt });
  return samples.map((sample) => sample.prompt + sample.text);
}

async function snapshotAudits(
  ctx: Context,
  folder: string,
  data: PreparedData,
  given: Options & { readonly rule: Partial<CopyRule>; readonly indexFile: string | undefined },
): Promise<readonly SnapshotAudit[]> {
  const { asked, prefix, rule, indexFile } = given;
  const auditor = await noveltyAuditor(data.splits.train, { neighbours: 1, cueTexts: 0, rule, indexFile });
  const task = ctx.progress.start("auditing snapshots", { unit: "snapshots" });
  const { checkpoints, skipped } = await auditSnapshots(folder, {
    auditor,
    data,
    ...samplingOf(given),
    asked,
    prefix,
    backend: deviceOf(given),
    onProgress: (done, total) => task.update({ done, total }),
    signal: ctx.interrupt,
  });
  task.end(`audited ${checkpoints.length} snapshots`);
  for (const { step, reason } of skipped)
    ctx.warn(`The snapshot of step ${step} cannot be audited: ${reason}`);
  return checkpoints;
}
