/** `punchline compare`: what models predict for the same blank, and which is faster in which sense. */
import { basename } from "node:path";
import { type Comparison, compareModels, comparePage } from "../../index.ts";
import { defineCommand, severalArguments } from "../command.ts";
import type { Context } from "../context.ts";
import { deviceOf, deviceOptions } from "../device-options.ts";
import { formatCount } from "../format.ts";
import { visible, wrap } from "../layout.ts";
import { flag, integer, present, text } from "../option.ts";
import { table } from "../table.ts";

export default defineCommand({
  description:
    "Asks models for the word in the same blank, changes the words to its right to see whose prediction moves, " +
    "and times them in turn: reading a text, filling the blank, writing with and without a cache. A masked model " +
    "such as BERT reads the whole text; a causal one such as GPT-2 what stands before the blank.",
  arguments: { models: severalArguments({ describe: "Model folders, run folders or Hub names" }) },
  options: {
    text: text({ describe: "A text with one [MASK] (default: about a hungry fox that has to jump)" }),
    topK: integer({ describe: "Tokens listed for the blank", min: 1, default: 10 }),
    runs: integer({ describe: "Timed runs of each case", min: 1, max: 10_000, default: 20 }),
    sweep: flag({ describe: "Time texts of 16 to 512 tokens as well" }),
    page: text({ describe: "Write the comparison as a page with charts", placeholder: "FILE" }),
    ...deviceOptions,
  },
  examples: [
    { command: "punchline compare gpt2 bert-base-uncased", explain: "GPT or BERT?" },
    {
      command: 'punchline compare gpt2 runs/a --text "Why did the" --page compare.html',
      explain: "Your own text and model, as a page",
    },
  ],
  async run(ctx, { models }, { text, topK, runs, sweep, page, ...machine }) {
    const task = ctx.progress.start("comparing", { unit: "%" });
    const comparison = await compareModels(models, {
      ...present({ text }),
      // Programs find a model by the name that they gave; people want to read on.
      ...(ctx.asJson ? {} : { labels: models.map((name) => basename(name)) }),
      topK,
      runs,
      sweep,
      ...deviceOf(machine),
      signal: ctx.interrupt,
      onProgress: (_, done) => task.update({ done: Math.round(100 * done), total: 100 }),
    });
    task.end(`compared ${comparison.models.length} of ${models.length} models`);
    for (const { model, reason } of comparison.failed) ctx.warn(`${model} could not be compared: ${reason}`);
    printPredictions(ctx, comparison);
    printFunction(ctx, comparison);
    printWriting(ctx, comparison);
    printFacts(ctx, comparison);
    printSpeed(ctx, comparison);
    if (page !== undefined) {
      const asked = [...models, ...(text === undefined ? [] : ["--text", JSON.stringify(text)])];
      const command = ["punchline compare", ...asked, "--runs", runs, ...(sweep ? ["--sweep"] : [])].join(
        " ",
      );
      await comparePage(page, command, comparison);
      ctx.print(`\nThe page: ${page}`);
    }
    ctx.json(comparison);
  },
});

function printPredictions(ctx: Context, { models }: Comparison): void {
  ctx.print(ctx.style.bold("What they predict"));
  for (const { model, text } of models) say(ctx, `${model} reads: ${text}`);
  ctx.print();
  const length = Math.max(...models.map(({ predictions }) => predictions.length));
  ctx.print(
    table(
      models.flatMap(({ model }) => [{ header: model }, { header: "%", align: "right" as const }]),
      Array.from({ length }, (_, k) =>
        models.flatMap(({ predictions }) => {
          const found = predictions[k];
          return found ? [found.token, share(found.probability)] : ["", ""];
        }),
      ),
      { width: ctx.columns },
    ),
  );
}

/** Percent in three digits, also where a model without training spreads them thin. */
const share = (probability: number): string => String(Number((100 * probability).toPrecision(3)));

function printFunction(ctx: Context, { models }: Comparison): void {
  ctx.print(`\n${ctx.style.bold("When the words to the right of the blank change")}`);
  for (const { model, right_context_effect: effect } of models) {
    say(
      ctx,
      effect === undefined
        ? `${model} cannot be asked: it is never given them.`
        : effect === 0
          ? `${model} predicts exactly the same: it does not see them.`
          : `${model} predicts something else: total variation distance ${effect.toFixed(3)} of at most 1.`,
    );
  }
}

function printWriting(ctx: Context, { models }: Comparison): void {
  ctx.print(`\n${ctx.style.bold("Asked to go on with the text")}`);
  for (const { model, writing } of models) if (writing) say(ctx, `${model} ${writing.task}: ${writing.text}`);
}

/** A line of prose, or several. */
const say = (ctx: Context, sentence: string): void =>
  ctx.print(wrap(visible(sentence), ctx.columns).join("\n"));

function printFacts(ctx: Context, { models }: Comparison): void {
  ctx.print(`\n${ctx.style.bold("What they are")}`);
  const rows: readonly (readonly [string, (m: Comparison["models"][number]) => string])[] = [
    ["kind", (m) => m.kind],
    ["layers", (m) => String(m.facts.layers ?? "-")],
    ["heads", (m) => String(m.facts.heads ?? "-")],
    ["parameters", (m) => formatCount(m.parameters)],
    ["  without embeddings", (m) => formatCount(m.facts.parameters_without_embeddings)],
    ["vocabulary", (m) => formatCount(m.facts.vocabulary)],
    ["context", (m) => (m.facts.context === undefined ? "unbounded" : formatCount(m.facts.context))],
    ["million operations per token", (m) => (m.facts.flops_per_token / 1e6).toPrecision(3)],
    ["load and first answer, ms", (m) => m.load_ms.toFixed(0)],
  ];
  ctx.print(
    table(
      [{ header: "" }, ...models.map(({ model }) => ({ header: model, align: "right" as const }))],
      rows.map(([name, value]) => [name, ...models.map(value)]),
      { width: ctx.columns },
    ),
  );
}

function printSpeed(ctx: Context, { models, answers, protocol, by_length }: Comparison): void {
  ctx.print(`\n${ctx.style.bold("Which is faster?")}`);
  const cases = [...new Set(models.flatMap(({ speed }) => speed.map((s) => s.case)))];
  const right = (header: string) => ({ header, align: "right" as const });
  ctx.print(
    table(
      [
        { header: "case" },
        { header: "model" },
        right("p50 ms"),
        right("p95 ms"),
        right("p99 ms"),
        right("tokens/s"),
      ],
      cases.flatMap((name) =>
        models.flatMap(({ model, speed }) =>
          speed
            .filter((s) => s.case === name)
            .map((s) => [
              name,
              model,
              ...[s.p50_ms, s.p95_ms, s.p99_ms].map((ms) => String(Number(ms.toPrecision(3)))),
              formatCount(Math.round(s.tokens_per_s)),
            ]),
        ),
      ),
      { width: ctx.columns },
    ),
  );
  if (by_length.length > 0) {
    const sizes = [...new Set(by_length.map(({ size }) => size))];
    ctx.print("\nTokens read per second, by the text's length");
    ctx.print(
      table(
        [right("tokens"), ...models.map(({ model }) => right(model))],
        sizes.map((size) => [
          String(size),
          ...models.map(({ model }) => {
            const found = by_length.find((p) => p.model === model && p.size === size);
            return found ? formatCount(Math.round(found.tokens_per_s)) : "-";
          }),
        ]),
        { width: ctx.columns },
      ),
    );
  }
  ctx.print();
  for (const { sense, sentence } of answers) say(ctx, `${sense}. ${sentence}`);
  for (const note of models.flatMap(({ notes }) => notes)) say(ctx, note);
  ctx.print();
  say(ctx, `Measured: ${protocol}.`);
}
