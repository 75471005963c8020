/** `punchline report`: the quality of several runs side by side. */
import { basename } from "node:path";
import type { PreparedData } from "../../data/prepare.ts";
import { tooNear } from "../../evaluate/lead.ts";
import { type QualityResult, reportQuality } from "../../evaluate/quality/quality-report.ts";
import { isHosted } from "../../generate/open.ts";
import { legendOf, measureGroups, rowsOf } from "../../report/index.ts";
import { refuseOverOther } from "../../report/pages/page-file.ts";
import { qualityPage, qualityProtocol, qualityRows, splitOf } from "../../report/pages/quality.ts";
import { recordedOptions } from "../../train/run-data.ts";
import { defineCommand, severalArguments } from "../command.ts";
import type { Context } from "../context.ts";
import { modelKinds, modelsOptions, openAny, reportUsage } from "../input/open-model.ts";
import { promptAsRead } from "../input/prompt.ts";
import { dataOfModel, indexFileOf, recordOf } from "../input/training-data.ts";
import { ownDataOptions } from "../options/data.ts";
import { integer, list, number, type OptionValues, text, usual } from "../options/option.ts";
import { documentInFlags } from "../output/flags.ts";
import { wrap } from "../output/layout.ts";
import { printProse, printTable } from "../output/print.ts";
import { right } from "../output/table.ts";

export default defineCommand({
  description:
    "Lets each run write texts and predict held-out ones, and measures both: bits, variety, repetition, lengths, " +
    "real words (those of the training texts), similarity to real texts (MAUVE), copies of training texts, speed " +
    "and size. The first row of every table has the same measures of real texts that no run has seen. If a run " +
    "fails, the others are still measured.",
  arguments: { runs: severalArguments(modelKinds) },
  options: {
    ...usual({
      data: list("Texts to measure on", {
        placeholder: "SOURCE",
        defaultIs: "what each run was trained on, or one-liners",
      }),
      n: integer("Texts of each run, at most as many as are held out", {
        short: "n",
        min: 2,
        max: 100_000,
        default: 200,
      }),
      prompt: text("What each text begins with", { default: "" }),
      temperature: number("Sampling temperature", { min: 0, max: 100, default: 0.8 }),
      out: text("Also write a page with the tables, learning curves and samples", {
        placeholder: "FILE",
        defaultIs: "none",
      }),
    }),
    maxLength: integer("Most tokens of a text", { min: 1, default: 240 }),
    seed: integer("Seed of the random numbers", { min: 0, default: 0 }),
    encoder: text("Model that makes the vectors for MAUVE", {
      placeholder: "MODEL",
      defaultIs: "punchline-gpt2, or the first run if that knows more of the texts",
    }),
    ...ownDataOptions,
    ...modelsOptions,
  },
  examples: {
    "punchline report runs/a runs/b --out report.html": "Two runs on the same data, as a page",
    "punchline report runs/a punchline-gpt2 --data jokes.csv --encoder gpt2":
      "With a built-in model, MAUVE by the vectors of GPT-2",
  },
  async run(ctx, { runs }, { data, n, encoder, out, ...options }) {
    if (out !== undefined) refuseOverOther(out);
    const { prompt, temperature, maxLength, seed } = options;
    const read = new Map<string, Promise<PreparedData>>();
    const usage: Record<string, object> = {};
    const task = ctx.progress.start("measuring", { unit: "runs" });
    const measured = await reportQuality(runs, {
      texts: n,
      ...{ prompt, temperature, maxLength, seed },
      encoder,
      signal: ctx.interrupt,
      open: (name) => openAny(ctx, name, machineOf(name, options)),
      async data(model) {
        const record = await recordOf(model);
        const own = data.length > 0 ? undefined : record;
        // Runs on the same data, prepared in the same way, read it once.
        const key = JSON.stringify([
          own?.fingerprint,
          own?.sources ?? data,
          record && recordedOptions(record),
        ]);
        promptAsRead(ctx, model, prompt);
        const found = read.get(key) ?? dataOfModel(ctx, model, data, options);
        read.set(key, found);
        return found;
      },
      indexFile: async (model) => indexFileOf(model, data),
      onMeasured(model) {
        if (isHosted(model.name)) usage[model.name] = reportUsage(ctx, model, options).usage!;
      },
      onProgress: (name, done, total) => task.update({ done, total, remark: basename(name) }),
    });
    const result = documentInFlags(measured);
    const { report } = result;
    task.end(`measured ${report.runs.length} of ${runs.length} runs`);
    printTables(ctx, result);
    if (out !== undefined) {
      await qualityPage(out, ctx.commandLine, result);
      ctx.print(`\nThe page: ${out}`);
    }
    ctx.json({ ...report, usage: Object.keys(usage).length > 0 ? usage : undefined });
  },
});

/** In a report with both kinds, prices apply to hosted models and devices to the others. */
function machineOf(name: string, options: OptionValues<typeof modelsOptions>): typeof options {
  const { device, threads, quantize, priceIn, priceOut } = options;
  return isHosted(name)
    ? { device: "cpu", threads: undefined, quantize: undefined, priceIn, priceOut }
    : { device, threads, quantize, priceIn: undefined, priceOut: undefined };
}

function printTables(ctx: Context, result: QualityResult): void {
  const rows = qualityRows(result);
  for (const group of measureGroups(rows, splitOf(result.report))) {
    ctx.print(ctx.style.bold(group.caption));
    printTable(
      ctx,
      [{ header: "", wrap: true }, ...group.measures.map(({ header }) => right(header))],
      rowsOf(group, rows).map((row) => [row.name, ...group.measures.map(({ cell }) => cell(row))]),
    );
    const legend = legendOf(group);
    if (legend !== "") for (const line of wrap(legend, ctx.columns)) ctx.print(ctx.style.dim(line));
    ctx.print();
  }
  const { notes, runs, failed, lead } = result.report;
  for (const sentence of [
    qualityProtocol(result),
    ...(lead?.conclusive === false ? [`${tooNear(lead)}.`] : []),
    ...notes,
    ...runs.flatMap((run) => run.notes),
    ...failed.map(({ run, reason }) => `${run} could not be measured: ${reason}`),
  ])
    printProse(ctx, sentence);
}
