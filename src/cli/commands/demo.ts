/** `punchline demo`: everything on the built-in jokes, as one page; `npm start` runs it. */
import { join } from "node:path";
import { visible } from "../../core/printable.ts";
import { chapterNames } from "../../demo/chapters/index.ts";
import type { DemoEvent } from "../../demo/context.ts";
import { type DemoResult, runDemo } from "../../demo/demo.ts";
import { usualMinutes } from "../../demo/plan.ts";
import { lowestLoss } from "../../evaluate/lead.ts";
import { refuseOverOther } from "../../report/pages/page-file.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { noteBuiltIn } from "../input/open-model.ts";
import { flag, integer, list, number, text } from "../options/option.ts";
import { demoProgress } from "../output/demo-progress.ts";
import { formatCount, formatDuration } from "../output/format.ts";
import { wrap } from "../output/layout.ts";
import { linkTo, readable } from "../output/print.ts";

export default defineCommand({
  description:
    "Runs everything on this machine and writes it as one page: a network that learns to write jokes one " +
    "character at a time, a pre-trained GPT-2 that is fine-tuned on the same jokes, whether any of it was copied, and " +
    "what GPT and BERT predict and which is faster at what. The page is written after each chapter. Interrupted, the same command goes on where it was.",
  arguments: {},
  options: {
    chapter: list(`Only this chapter: ${chapterNames.join(", ")}`, { placeholder: "NAME" }),
    quick: flag("All of it in a minute and a half, with less training"),
    minutes: number("Training of the character model; the others get their shares of it", {
      above: 0,
      max: 600,
      default: usualMinutes,
      unit: "minutes",
    }),
    data: list("Another source than the built-in jokes", { placeholder: "SOURCE" }),
    pretrained: list("Take this GPT-2, such as distilgpt2, or BERT, in place of the built-in one", {
      placeholder: "MODEL",
    }),
    out: text("The page", { placeholder: "FILE", default: "report.html" }),
    folder: text("Where models are kept", { placeholder: "DIR", default: "runs/demo" }),
    seed: integer("Of everything random", { min: 0, default: 42 }),
  },
  examples: {
    "punchline demo": "Jokes in three minutes, all of it in six, on two cores",
    "punchline demo --quick": "A minute and a half; the jokes are worse",
    "punchline demo --chapter gpt --pretrained distilgpt2": "With published weights",
    "punchline demo --data jokes.csv --minutes 10": "On your own jokes",
  },
  async run(ctx, _, options) {
    const { chapter, data, pretrained, minutes, quick, out, folder, seed } = options;
    refuseOverOther(out);
    await noteBuiltIn(ctx, pretrained);
    const progress = demoProgress(ctx);
    const result = await runDemo({
      sources: data.length > 0 ? data : undefined,
      pretrained,
      chapters: chapter,
      minutes,
      quick,
      out,
      folder,
      seed,
      command: ctx.commandLine,
      signal: ctx.interrupt,
      onEvent(event, secondsLeft) {
        progress(event, secondsLeft);
        printEvent(ctx, event);
      },
    });
    conclude(ctx, result);
    ctx.json(documentOf(result, folder));
  },
});

/** The document; fields of the character model are null if its chapter has not been run. */
function documentOf({ chapters, report, seconds, stopped, pending }: DemoResult, folder: string): object {
  const log = chapters.characters?.log ?? [];
  return {
    report,
    run: chapters.characters ? join(folder, "characters") : null,
    val_loss: lowestLoss(log) ?? null,
    train_loss: log.at(-1)?.loss ?? null,
    steps: log.at(-1)?.step ?? 0,
    seconds,
    stopped,
    chapters: Object.keys(chapters),
    pending,
    jokes: chapters.characters?.jokes ?? [],
  };
}

function printEvent(ctx: Context, event: DemoEvent): void {
  const { style } = ctx;
  switch (event.type) {
    case "data": {
      const { rows_in, rows_out, dropped, splits } = event.data.summary;
      const reasons = Object.entries(dropped).map(
        ([reason, n]) => `${formatCount(n)} ${reason.replaceAll("_", " ")}`,
      );
      ctx.print(
        `${formatCount(rows_in)} jokes in, ${formatCount(rows_out)} kept${reasons.length > 0 ? ` (dropped: ${reasons.join(", ")})` : ""};`,
      );
      ctx.print(
        `${formatCount(splits.train)} to train on, ${formatCount(splits.validation)} to validate, ${formatCount(splits.test)} to test.`,
      );
      break;
    }
    case "chapter":
      ctx.print(`\n${style.bold(`${event.number} of ${event.of}: ${event.title}`)}\n`);
      break;
    case "jokes":
      ctx.print(`\n${style.bold(`${event.what} at temperature ${event.temperature}`)}\n`);
      event.samples.forEach((sample, i) => {
        const nearest = sample.nearest[0];
        const verdict = sample.copy ? "in the training data" : "not in the training data";
        ctx.print(hanging(ctx, `${String(i + 1).padStart(2)}. `, sample.text));
        const likeness = nearest
          ? `; nearest, ${Math.round(100 * nearest.similarity)} % alike: ${nearest.text}`
          : "";
        ctx.print(style.dim(hanging(ctx, "    ", `${verdict}${likeness}`)));
      });
      ctx.print();
      break;
    case "pairs":
      ctx.print(`\n${style.bold(`The same beginning, gone on with by ${event.what}`)}\n`);
      for (const { prompt, before, after, scratch } of event.pairs) {
        const show = (who: string, text: string) =>
          ctx.print(style.dim(who) + hanging(ctx, " ".repeat(who.length), prompt + text).slice(who.length));
        show("   before the jokes: ", before);
        show("    after the jokes: ", after);
        if (scratch !== undefined) show("jokes, from scratch: ", scratch);
        ctx.print();
      }
      break;
    case "finished":
      ctx.print(`\n${hanging(ctx, "", event.finding)}`);
      ctx.print(style.dim(`On the page: ${linkTo(event.report)}`));
      break;
  }
}

/** Prose with a hanging indent as wide as `first`. */
const hanging = (ctx: Context, first: string, body: string): string =>
  wrap(visible(body), readable(ctx) - first.length)
    .map((line, i) => (i === 0 ? first : " ".repeat(first.length)) + line)
    .join("\n");

function conclude(ctx: Context, { stopped, report, seconds }: DemoResult): void {
  if (stopped === "interrupt") {
    ctx.print("Stopped and saved. Run the same command again to go on.");
    if (report !== null) ctx.print(`The page so far: ${linkTo(report)}`);
  } else if (report !== null) {
    ctx.print(`\n${formatDuration(seconds)}. The whole page: ${linkTo(report)}`);
  }
}
