/** `punchline demo`: everything on the built-in jokes, as one page; `npm start` runs it. */
import { join } from "node:path";
import { chapterNames } from "../../demo/chapters/index.ts";
import { type DemoResult, runDemo } from "../../demo/demo.ts";
import { usualMinutes } from "../../demo/plan.ts";
import { promised } from "../../demo/promise.ts";
import { lowestLoss } from "../../evaluate/lead.ts";
import { refuseOverOther } from "../../report/pages/page-file.ts";
import { defineCommand } from "../command.ts";
import { noteBuiltIn } from "../input/open-model.ts";
import { flag, integer, list, number, text, usual } from "../options/option.ts";
import { demoProgress } from "../output/demo-progress.ts";
import { demoStory } from "../output/demo-story.ts";

export default defineCommand({
  description:
    "Runs everything on this machine and writes it as one page: a network that learns names of cities in seconds, " +
    "one that learns to write jokes one character at a time, a pre-trained GPT-2 that is fine-tuned on the same jokes, whether any of it was copied, and " +
    "what GPT and BERT predict and which is faster at what. The page is written after each chapter. Interrupted, the same command goes on where it was.",
  arguments: {},
  options: {
    ...usual({
      quick: flag(`Everything with less training, in less than ${promised.quickMinutes} minutes`),
      minutes: number("Time that the character model is trained; the others take shares of it", {
        above: 0,
        max: 600,
        unit: "minutes",
        defaultIs: `${usualMinutes}, with --quick less`,
      }),
      chapter: list(`Only this chapter: ${chapterNames.join(", ")}`, {
        placeholder: "NAME",
        words: chapterNames,
        defaultIs: "all",
      }),
      data: list("Texts to learn, instead of the built-in jokes", {
        placeholder: "SOURCE",
        defaultIs: "one-liners",
      }),
      pretrained: list("A GPT-2 (such as distilgpt2) or BERT, instead of the built-in one", {
        placeholder: "MODEL",
        defaultIs: "punchline-gpt2 and punchline-bert",
      }),
      out: text("Where the page is written", { placeholder: "FILE", default: "report.html" }),
    }),
    folder: text("Folder for the models", { placeholder: "DIR", default: "runs/demo" }),
    seed: integer("Seed of everything random", { min: 0, default: 42 }),
  },
  examples: {
    "punchline demo": `The first texts in ${promised.firstSeconds} seconds, all in ${promised.wholeMinutes} minutes, on two cores`,
    "punchline demo --quick": `Less than ${promised.quickMinutes} minutes; the jokes are worse`,
    "punchline demo --chapter gpt --pretrained distilgpt2": "With published weights",
    "punchline demo --data jokes.csv --minutes 10": "On your own jokes",
  },
  async run(ctx, _, options) {
    const { chapter, data, pretrained, minutes, quick, out, folder, seed } = options;
    refuseOverOther(out);
    await noteBuiltIn(ctx, pretrained);
    const progress = demoProgress(ctx);
    const story = demoStory(ctx);
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
        story.show(event);
      },
    });
    story.conclude(result, nextCommand(folder, result));
    ctx.json(documentOf(result, folder));
  },
});

/** The document; fields of the character model are null if its chapter has not been run. */
function documentOf(
  { chapters, report, seconds, stopped, pending, first, hero }: DemoResult,
  folder: string,
): object {
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
    hero: hero ?? null,
    first_names_seconds: first.names ?? null,
    first_text_seconds: first.text ?? null,
  };
}

/** A command that does something with what there is now. */
const nextCommand = (folder: string, { chapters }: DemoResult): string =>
  chapters.gpt !== undefined || chapters.characters !== undefined
    ? `punchline sample ${join(folder, chapters.gpt ? "gpt" : "characters")} --prompt "Why did" -n 5`
    : "punchline demo";
