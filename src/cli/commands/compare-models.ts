/** `punchline compare-models`: every architecture trained for the same time on the same texts. */
import { join } from "node:path";
import {
  type ArchitecturesEvent,
  type ArchitecturesResult,
  compareArchitectures,
  comparedArchitectures,
  comparedModels,
  type TrainedArchitecture,
} from "../../compare/architectures.ts";
import { UsageError } from "../../core/errors.ts";
import { visible } from "../../core/printable.ts";
import { tooNear } from "../../evaluate/lead.ts";
import { architecturesPage } from "../../report/pages/architectures.ts";
import { refuseOverOther } from "../../report/pages/page-file.ts";
import { defineCommand, severalArguments } from "../command.ts";
import type { Context } from "../context.ts";
import { dataChoices, dataOptions, readData } from "../options/data.ts";
import { deviceOf, deviceOptions } from "../options/device.ts";
import { integer, integers, names, number, present, text, usual } from "../options/option.ts";
import { documentInFlags } from "../output/flags.ts";
import { formatBytes, formatDuration, formatRate } from "../output/format.ts";
import { gridSizes, gridTables } from "../output/grid.ts";
import { truncate } from "../output/layout.ts";
import { linkTo, printProse, printTable, printTitle, readable } from "../output/print.ts";
import { sparkline } from "../output/sparkline.ts";
import { right } from "../output/table.ts";
import { trainingProgress } from "../output/training-progress.ts";

/** Texts shown of a grid. */
const GRID_SAMPLES = 3;

export default defineCommand({
  description:
    "Trains each architecture for the same time on the same texts, with about as many parameters, and measures how " +
    "well each predicts the same unseen texts, in bits per character. In models of words, unknown words count with " +
    "their spelling. Only training steps count as time. Each is a run of its own in --out. After an interruption the " +
    "same command goes on; what is trained is kept. --layers and --width train each architecture in every depth and " +
    `width, and give one table of all. Architectures: ${comparedArchitectures.join(", ")}.`,
  ranks: true,
  arguments: { source: severalArguments("one-liners or cities (built in), a file, or hf:owner/dataset") },
  options: {
    ...usual({
      minutes: number("Time that each is trained", { above: 0, default: 2, unit: "minutes" }),
      models: names("Architectures to train", {
        placeholder: "NAME,NAME",
        defaultIs: `all ${comparedArchitectures.length} of characters and words that have the sizes asked for`,
        words: comparedArchitectures,
      }),
      layers: integers("Numbers of layers to try", { min: 1, defaultIs: "the architecture's" }),
      width: integers("Widths to try", { min: 1, defaultIs: "as --parameters asks" }),
      parameters: integer("Parameters of each, without those that grow with its vocabulary", {
        min: 1000,
        defaultIs: "500000, unless --width is given",
      }),
      out: text("Folder for the runs", { placeholder: "DIR", default: "runs/models" }),
    }),
    page: text("Where the report is written", {
      placeholder: "FILE",
      defaultIs: "report.html in --out",
    }),
    seed: integer("Seed of everything random", { min: 0, default: 42 }),
    ...dataOptions,
    ...deviceOptions,
  },
  examples: {
    "punchline compare-models one-liners --minutes 2": "All eight, in about 20 minutes",
    "punchline compare-models jokes.csv --models char-lstm,word-lstm":
      "Characters or words, on your own texts",
    "punchline compare-models one-liners --models char-rnn,char-gru,char-lstm --layers 1,2,3 --width 64,128":
      "Three cells in six sizes each",
  },
  async run(ctx, { source }, options) {
    const { minutes, parameters, seed, layers, width, out, page = join(out, "report.html") } = options;
    refuseOverOther(page);
    const { minCount, maxWords } = options;
    const { models } = options;
    if (models?.length === 0)
      throw new UsageError('--models needs names of architectures, such as "char-lstm,char-cnn".');
    const chosen = present({ models, parameters, layers, width });
    // What cannot be compared is refused before texts are read.
    const ofWords = comparedModels(chosen).some(({ architecture }) => architecture.tokens === "word");
    const {
      minCount: _c,
      maxWords: _w,
      ...rest
    } = dataChoices(options, ofWords ? "word" : undefined, source);
    const data = await readData(ctx, source, rest);
    let progress: ReturnType<typeof trainingProgress> = () => {};
    const found = await compareArchitectures(data, {
      out,
      minutes,
      ...chosen,
      seed,
      words: present({ minCount, maxWords }),
      origin: { sources: source, options: rest },
      backend: deviceOf(options),
      lead: ctx.lead,
      signal: ctx.interrupt,
      onEvent(event) {
        if (event.type === "plan") ctx.note(planText(event, minutes));
        else if (event.type === "model")
          progress = trainingProgress(ctx, `${event.name} (${event.index + 1} of ${event.of})`);
        else if (event.type === "training") progress(event.event);
        else if (event.type === "failed") ctx.warn(`${event.name} could not be trained: ${event.reason}`);
        else if (event.kept) ctx.note(`${event.result.name} is trained already.`);
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

/** How long it takes, said before it begins. */
function planText(
  { models, kept, seconds }: Extract<ArchitecturesEvent, { type: "plan" }>,
  minutes: number,
): string {
  const already = kept > 0 ? `, ${kept} of them trained already` : "";
  const each = `${models} ${models === 1 ? "model" : "models"}${already}`;
  if (seconds === 0) return `${each}.`;
  return `${each}: ${formatDuration(minutes * 60)} of training each, ${formatDuration(seconds)} in all. Preparing, validating and writing add some seconds to each, and up to a quarter.`;
}

function show(ctx: Context, { models, seconds, validation, lead, grid }: ArchitecturesResult): void {
  if (models.length === 0) return;
  if (grid) {
    ctx.print(gridTables(grid, readable(ctx)).join("\n\n"));
    ctx.print();
    printProse(
      ctx,
      `Bits per character by architecture and ${gridSizes(grid)}; * is the lowest.`,
      readable(ctx),
    );
    ctx.print();
  }
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
      m.name,
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
    ctx.columns,
    2,
  );
  const texts = `${validation.characters.toLocaleString("en-US")} characters of the validation split`;
  ctx.print();
  printProse(
    ctx,
    `Best first, by bits per character of the same ${texts} after ${formatDuration(seconds)} of training each. Size: all parameters. Trains, writes: characters a second.`,
    readable(ctx),
  );
  if (lead?.conclusive === false) printProse(ctx, `${tooNear(lead)}.`, readable(ctx));
  // Of a grid the best alone: neighbours write much alike.
  for (const m of grid ? models.slice(0, GRID_SAMPLES) : models) printSample(ctx, m);
}

function printSample(ctx: Context, { name, sample }: TrainedArchitecture): void {
  printTitle(ctx, name);
  const text = sample.trim() === "" ? "(nothing)" : sample;
  printProse(ctx, truncate(visible(text), 240), readable(ctx));
}
