/** `punchline novelty`: which of a model's texts repeat its training data. */
import { existsSync, statSync } from "node:fs";
import { auditModel, noveltyPage, readTexts, terminalTable, UsageError } from "../../index.ts";
import { argument, defineCommand } from "../command.ts";
import { dataOptions } from "../data-options.ts";
import { formatCount } from "../format.ts";
import { modelOptions, openAny, tellUsage } from "../open-model.ts";
import { integer, list, number, text } from "../option.ts";
import { dataOfModel, indexFileOf } from "../training-data.ts";

export default defineCommand({
  description:
    "Writes texts with a model, or takes a file of texts from anywhere, and looks each up in the training data: " +
    "whole, in parts, and by likeness. The yardstick is what the same rule says about real texts that the model " +
    "never saw. A model is also given the beginnings of training texts, to see whether it goes on word for word.",
  arguments: {
    samples: argument({ describe: "A model, also openai:NAME, or a .txt, .jsonl or .csv file of texts" }),
  },
  options: {
    data: list({
      describe: "The training data (default: the run's own, or one-liners)",
      placeholder: "SOURCE",
    }),
    n: integer({ describe: "How many texts to write", short: "n", min: 1, max: 100_000, default: 200 }),
    prompt: text({ describe: "What each text begins with" }),
    temperature: number({ describe: "Of the sampling", min: 0, default: 0.8 }),
    maxLength: integer({ describe: "Most tokens of a text", min: 1, default: 240 }),
    seed: integer({ describe: "Of the random numbers", min: 0, default: 0 }),
    nearCopy: number({ describe: "Similarity from which a text is called a near copy", above: 0, max: 1 }),
    spanCopy: number({
      describe: "Share of words in long shared spans from which it is called a copy",
      above: 0,
      max: 1,
    }),
    asked: integer({ describe: "Training texts whose beginnings the model is given", min: 0, default: 100 }),
    prefix: integer({ describe: "Tokens of a beginning", min: 1, default: 10 }),
    page: text({ describe: "Write a page with highlighted spans", placeholder: "FILE" }),
    ...dataOptions,
    ...modelOptions,
  },
  examples: [
    {
      command: "punchline novelty runs/a -n 500 --page novelty.html",
      explain: "A run, against its own data",
    },
    { command: "punchline novelty jokes.txt --data shortjokes.csv", explain: "Texts from anywhere" },
  ],
  async run(ctx, args, options) {
    const file = isTextFile(args.samples);
    const model = file ? undefined : await openAny(ctx, args.samples, options);
    const { lm } = model?.kind === "local" ? model : {};
    const data = await dataOfModel(ctx, model, options.data, options);
    const indexFile = await indexFileOf(model, options.data);
    const heldOut = [...data.splits.validation, ...data.splits.test];
    const { n, temperature, maxLength, seed, prompt = "" } = options;
    const slide = model?.kind === "local";
    const texts = model
      ? (await model.sample({ n, prompt, temperature, maxLength, seed, slide, signal: ctx.interrupt })).map(
          (s) => prompt + s.text,
        )
      : await readTexts([args.samples], options.column === undefined ? {} : { column: options.column });
    if (texts.length === 0) throw new UsageError(`${args.samples} holds no text to audit.`);
    const task = ctx.progress.start("auditing", { unit: "texts" });
    const audit = await auditModel(texts, {
      training: data.splits.train,
      heldOut,
      ...(lm && options.asked > 0 ? { lm, asked: options.asked, prefix: options.prefix } : {}),
      ...(options.prompt === undefined ? {} : { prompt: options.prompt }),
      rule: {
        ...(options.nearCopy === undefined ? {} : { near: options.nearCopy }),
        ...(options.spanCopy === undefined ? {} : { span: options.spanCopy }),
      },
      ...(indexFile === undefined ? {} : { indexFile }),
      onProgress: (done, total) => task.update({ done, total }),
      signal: ctx.interrupt,
    });
    task.end(`audited ${formatCount(texts.length)} texts against ${formatCount(audit.indexed)}`);
    ctx.print(audit.verdict);
    ctx.print();
    const share = (copies: number, of: number) => `${copies} of ${of}`;
    ctx.print(
      terminalTable(
        [
          { header: "" },
          { header: "copies", align: "right" },
          { header: "whole", align: "right" },
          { header: "near", align: "right" },
          { header: "spans", align: "right" },
        ],
        (
          [
            ["these texts", audit],
            ["unseen real texts", audit.baseline],
            ["training texts", audit.training],
          ] as const
        ).flatMap(([name, rate]) =>
          rate
            ? [
                [
                  name,
                  share(rate.copies, rate.n),
                  `${rate.kinds.exact}`,
                  `${rate.kinds.near}`,
                  `${rate.kinds.span}`,
                ],
              ]
            : [],
        ),
        { width: ctx.columns },
      ),
    );
    if (audit.extraction) {
      const { training, heldout, prefix } = audit.extraction;
      ctx.print(
        `\nGiven the first ${prefix} tokens, it completed word for word ${share(training.copies, training.n)} training texts and ${share(heldout.copies, heldout.n)} unseen ones.`,
      );
    }
    for (const { text, copy_kind, nearest } of audit.samples.filter(({ copy }) => copy).slice(0, 5)) {
      ctx.print(`\n${ctx.style.bold(copy_kind ?? "copy")}: ${text}`);
      if (nearest[0]) ctx.print(ctx.style.dim(`  data: ${nearest[0].text}`));
    }
    if (options.page !== undefined) {
      await noveltyPage(options.page, args.samples, `punchline novelty ${args.samples}`, audit);
      ctx.print(`\nThe page: ${options.page}`);
    }
    ctx.json({ ...audit, ...(model ? tellUsage(ctx, model, options) : {}) });
    await model?.release();
  },
});

function isTextFile(name: string): boolean {
  return /\.(txt|jsonl?|csv|tsv|parquet)(\.gz)?$/.test(name) && existsSync(name) && statSync(name).isFile();
}
