/** `punchline compare-models`: every architecture trained for the same time on the same texts. */
import { join } from "node:path";
import {
  type ArchitecturesResult,
  compareArchitectures,
  comparedArchitectures,
  type TrainedArchitecture,
} from "../../compare/architectures.ts";
import { UsageError } from "../../core/errors.ts";
import { visible } from "../../core/printable.ts";
import { tooNear } from "../../evaluate/lead.ts";
import { architectureOf } from "../../models/registry.ts";
import { architecturesPage } from "../../report/pages/architectures.ts";
import { refuseOverOther } from "../../report/pages/page-file.ts";
import { defineCommand, severalArguments } from "../command.ts";
import type { Context } from "../context.ts";
import { dataChoices, dataOptions, readData } from "../options/data.ts";
import { deviceOf, deviceOptions } from "../options/device.ts";
import { integer, names, number, present, text } from "../options/option.ts";
import { documentInFlags } from "../output/flags.ts";
import { formatBytes, formatDuration, formatRate } from "../output/format.ts";
import { truncate } from "../output/layout.ts";
import { linkTo, printProse, printTable, printTitle, readable } from "../output/print.ts";
import { sparkline } from "../output/sparkline.ts";
import { right } from "../output/table.ts";
import { trainingProgress } from "../output/training-progress.ts";

export default defineCommand({
  description:
    "Trains each architecture for the same time on the same split, with about as many parameters, and says how " +
    "well each predicts the same unseen texts: bits per character, also of models of words, where unknown words " +
    "count with their spelling. Only training steps count as time. Each is a run of its own in --out; " +
    "interrupted, the same command goes on, and what is trained is kept.",
  arguments: { source: severalArguments("one-liners, a file, or hf:owner/dataset, as for train") },
  options: {
    minutes: number("Training of each", { above: 0, default: 2, unit: "minutes" }),
    models: names(`Architectures, with commas between them (default ${comparedArchitectures.join(",")})`, {
      placeholder: "A,B,...",
    }),
    parameters: integer("Size of each, besides what grows with its vocabulary; the width is chosen for it", {
      min: 1000,
      default: 500_000,
    }),
    out: text("Where the runs are kept", { placeholder: "DIR", default: "runs/models" }),
    page: text("The report (default: report.html in --out)", { placeholder: "FILE" }),
    seed: integer("Of everything random", { min: 0, default: 42 }),
    ...dataOptions,
    ...deviceOptions,
  },
  examples: {
    "punchline compare-models one-liners --minutes 2": "All eight, in about 20 minutes",
    "punchline compare-models jokes.csv --models char-lstm,word-lstm":
      "Characters or words, on your own texts",
  },
  async run(ctx, { source }, options) {
    const { minutes, parameters, seed, out, page = join(out, "report.html") } = options;
    refuseOverOther(page);
    const { minCount, maxWords } = options;
    const models = options.models ?? comparedArchitectures;
    if (models.length === 0)
      throw new UsageError('--models needs names of architectures, such as "char-lstm,char-cnn".');
    const ofWords = models.some((name) => architectureOf(name).tokens === "word");
    const { minCount: _c, maxWords: _w, ...rest } = dataChoices(options, ofWords ? "word" : undefined);
    const data = await readData(ctx, source, rest);
    let progress: ReturnType<typeof trainingProgress> = () => {};
    const found = await compareArchitectures(data, {
      out,
      minutes,
      parameters,
      seed,
      models,
      words: present({ minCount, maxWords }),
      origin: { sources: source, options: rest },
      backend: deviceOf(options),
      signal: ctx.interrupt,
      onEvent(event) {
        if (event.type === "model")
          progress = trainingProgress(ctx, `${event.model} (${event.index + 1} of ${event.of})`);
        else if (event.type === "training") progress(event.event);
        else if (event.type === "failed") ctx.warn(`${event.model} could not be trained: ${event.reason}`);
        else if (event.kept) ctx.warn(`${event.result.model} is trained already.`);
      },
    });
    const result = documentInFlags(found);
    if (result.models.length === 0 && result.failed.length > 0)
      throw new UsageError(`No model could be trained. ${result.failed[0]!.reason}`);
    show(ctx, result);
    if (result.models.length > 0) {
      await architecturesPage(page, ctx.commandLine, result);
      ctx.print(`\nThe report: ${linkTo(page)}`);
    }
    if (result.interrupted) ctx.print("Stopped and saved. Run the same command again to go on.");
    ctx.json({ ...result, page: result.models.length > 0 ? page : null });
  },
});

function show(ctx: Context, { models, seconds, validation, lead }: ArchitecturesResult): void {
  if (models.length === 0) return;
  printTable(
    ctx,
    [
      "model",
      right("bits/char"),
      right("size"),
      right("trains/s"),
      right("writes/s"),
      right("on disk"),
      "over time",
    ],
    models.map((m) => [
      m.model,
      m.bits_per_character.toFixed(3),
      formatRate(m.parameters),
      formatRate(m.characters_per_s),
      formatRate(m.sampling_per_s),
      formatBytes(m.bytes),
      sparkline(
        m.curve.map((point) => point.bits_per_character),
        12,
      ),
    ]),
  );
  const texts = `${validation.characters.toLocaleString("en-US")} characters of the validation split`;
  ctx.print();
  printProse(
    ctx,
    `Best first, by bits per character of the same ${texts} after ${formatDuration(seconds)} of training each. Size: all parameters. Trains, writes: characters a second.`,
    readable(ctx),
  );
  if (lead?.conclusive === false) printProse(ctx, `${tooNear(lead)}.`, readable(ctx));
  for (const m of models) printSample(ctx, m);
}

function printSample(ctx: Context, { model, sample }: TrainedArchitecture): void {
  printTitle(ctx, model);
  const text = sample.trim() === "" ? "(nothing)" : sample;
  printProse(ctx, truncate(visible(text), 240), readable(ctx));
}
