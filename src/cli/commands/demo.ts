/** `punchline demo`: the whole story on the built-in jokes; `npm start` runs it. */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { tellStory } from "../../index.ts";
import { defineCommand } from "../command.ts";
import { formatCount, formatDuration } from "../format.ts";
import { visible, wrap } from "../layout.ts";
import { flag, integer, list, number, text } from "../option.ts";
import { trainingProgress } from "../training-progress.ts";

export default defineCommand({
  description:
    "Prepares the built-in jokes, trains a character model on this machine, prints ten jokes at three " +
    "temperatures with the nearest real joke of each, and writes one page with everything that was measured. " +
    "Interrupted, it goes on where it was when run again.",
  arguments: {},
  options: {
    minutes: number({ describe: "Minutes of training", above: 0, max: 600, default: 3, unit: "minutes" }),
    quick: flag({ describe: "Half a minute of training, for a first look" }),
    data: list({ describe: "Another source than the built-in jokes", placeholder: "SOURCE" }),
    out: text({ describe: "The page", placeholder: "FILE", default: "report.html" }),
    folder: text({ describe: "Where models are kept", placeholder: "DIR", default: "runs/demo" }),
    seed: integer({ describe: "Of everything random", min: 0, default: 42 }),
  },
  examples: [
    { command: "punchline demo", explain: "About four minutes on two cores" },
    { command: "punchline demo --quick", explain: "Under a minute; the jokes are worse" },
    { command: "punchline demo --data jokes.csv --minutes 10", explain: "On your own jokes" },
  ],
  async run(ctx, _, options) {
    const { style, columns } = ctx;
    const minutes = options.quick ? 0.5 : options.minutes;
    const training = trainingProgress(ctx, "training");
    const width = Math.min(columns, 100);
    const hanging = (first: string, body: string) =>
      wrap(visible(body), width - first.length)
        .map((line, i) => (i === 0 ? first : " ".repeat(first.length)) + line)
        .join("\n");
    const result = await tellStory({
      minutes,
      ...(options.data.length > 0 ? { sources: options.data } : {}),
      out: options.out,
      folder: options.folder,
      seed: options.seed,
      command: options.quick
        ? "punchline demo --quick"
        : `punchline demo${minutes === 3 ? "" : ` --minutes ${minutes}`}`,
      signal: ctx.interrupt,
      onEvent(event) {
        if (event.type === "data") {
          const { summary } = event.data;
          const reasons = Object.entries(summary.dropped).map(
            ([reason, n]) => `${formatCount(n)} ${reason.replaceAll("_", " ")}`,
          );
          ctx.print(
            `${formatCount(summary.rows_in)} jokes in, ${formatCount(summary.rows_out)} kept${reasons.length > 0 ? ` (dropped: ${reasons.join(", ")})` : ""};`,
          );
          ctx.print(
            `${formatCount(summary.splits.train)} to train on, ${formatCount(summary.splits.validation)} to validate, ${formatCount(summary.splits.test)} to test.\n`,
          );
        } else if (event.type === "training") {
          training(event.event);
        } else if (event.type === "jokes") {
          ctx.print(`\n${style.bold(`Ten jokes at temperature ${event.temperature}`)}\n`);
          event.samples.forEach((sample, i) => {
            const nearest = sample.nearest[0];
            const verdict = sample.copy ? "stands in the training data" : "not in the training data";
            ctx.print(hanging(`${String(i + 1).padStart(2)}. `, sample.text));
            const likeness = nearest
              ? `; nearest, ${Math.round(100 * nearest.similarity)} % alike: ${nearest.text}`
              : "";
            ctx.print(style.dim(hanging("    ", `${verdict}${likeness}`)));
          });
        }
      },
    });
    if (result.stopped === "interrupt") {
      ctx.print("Stopped and saved. Run the same command again to go on.");
    } else {
      ctx.print(
        `\n${formatDuration(result.seconds)}. The report: ${pathToFileURL(resolve(result.report)).href}`,
      );
      ctx.print(`Write more: punchline sample ${result.run} --prompt "Why did" -n 5 --temperature 0.8`);
    }
    ctx.json(result);
  },
});
