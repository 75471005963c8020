/** `punchline compare`: what models predict for the same blank, and which is faster in which sense. */
import { basename } from "node:path";
import { compareModels } from "../../compare/compare.ts";
import { defaultPair } from "../../compare/default-pair.ts";
import { engineNames, precisions } from "../../compare/results.ts";
import { comparePage } from "../../report/pages/compare.ts";
import { refuseOverOther } from "../../report/pages/page-file.ts";
import { measuredInWords, SHORT_TEXT } from "../../runtime/measured-in-words.ts";
import { anyArguments, defineCommand } from "../command.ts";
import { noteBuiltIn } from "../input/open-model.ts";
import { textOfFile } from "../input/prompt.ts";
import { deviceOf, deviceOptions } from "../options/device.ts";
import { choices, flag, integer, list, text, usual } from "../options/option.ts";
import { printComparison } from "../output/comparison.ts";
import { documentInFlags } from "../output/flags.ts";

export default defineCommand({
  description:
    "Asks models for the word in the same blank, changes the words to its right to see whose prediction changes, " +
    "and times them in turn: reading a text, filling the blank, writing with and without a cache. A masked model " +
    "such as BERT reads the whole text, a causal one such as GPT-2 only what comes before the blank.",
  arguments: {
    models: anyArguments(
      "Run folders, Hugging Face folders, built-in models, Hub names or openai:NAME (default: gpt2 and " +
        "bert-base-uncased if both are in the Hub's cache, else punchline-gpt2 and punchline-bert)",
    ),
  },
  options: {
    ...usual({
      text: list(
        "A text with one [MASK]; or two, one with it for models that fill masks, and one without for the others",
        { placeholder: "TEXT", defaultIs: "about a hungry fox that has to jump" },
      ),
    }),
    textFile: list("A file with such a text", { placeholder: "FILE", defaultIs: "none" }),
    topK: integer("Tokens listed for the blank", { min: 1, default: 10 }),
    ...usual({
      runs: integer("Timed runs of each case", { min: 1, max: 10_000, default: 20 }),
    }),
    sweep: flag("Also time texts of 16 to 512 tokens, and 1 to 16 texts at once"),
    ...usual({
      precision: choices("How matrices are stored; each is a model of its own in the results", precisions, {
        defaultIs: "fp32",
      }),
    }),
    layer: integer("Layer of which the attention is shown, from 1", { min: 1, default: 1 }),
    head: integer("Head of that layer, from 1", { min: 1, default: 1 }),
    backend: choices(
      "Program that runs the models, each a model of its own in the results; transformers.js is taken from your project",
      engineNames,
      { defaultIs: "punchline" },
    ),
    ...usual({
      page: text("Also write the comparison as a page with charts", {
        placeholder: "FILE",
        defaultIs: "none",
      }),
    }),
    ...deviceOptions,
  },
  examples: {
    "punchline compare": "GPT or BERT? The built-in pair, or the published one",
    "punchline compare gpt2 bert-base-uncased": "The published pair, downloaded once",
    "punchline compare punchline-gpt2 --precision fp32 --precision q4": "What smaller numbers cost and gain",
    "punchline compare punchline-gpt2 runs/a --page compare.html": "A model of yours, as a page",
    "punchline compare runs/a runs/b --text-file a.txt --text-file b.txt":
      "A text for each, the second with a [MASK]",
  },
  async run(ctx, { models: given }, options) {
    const { text, textFile, topK, runs, sweep, precision, layer, head, backend, page } = options;
    if (page !== undefined) refuseOverOther(page);
    const texts = [...text, ...(await Promise.all(textFile.map(textOfFile)))];
    const pair = given.length > 0 ? undefined : await defaultPair();
    const models = pair?.models ?? given;
    if (pair) ctx.note(pair.reason);
    await noteBuiltIn(ctx, models);
    let task = ctx.progress.start("comparing", { unit: "%" });
    let stage = "";
    const found = await compareModels(models, {
      text: texts,
      // A program finds a model by the name that it gave; a person reads the short name.
      labels: ctx.asJson ? undefined : models.map((name) => basename(name)),
      topK,
      runs,
      sweep,
      layer,
      head,
      heads: page !== undefined,
      precisions: precision.length > 0 ? precision : undefined,
      engines: backend.length > 0 ? backend : undefined,
      ...deviceOf(options),
      signal: ctx.interrupt,
      onDevice: (choice) => ctx.note(measuredInWords(choice, { per: SHORT_TEXT })),
      onProgress(now, done) {
        if (now !== stage && stage !== "") task = ctx.progress.start(now, { unit: "%" });
        stage = now;
        task.update({ done: Math.round(100 * done), total: 100 });
      },
    });
    const comparison = documentInFlags(found);
    const { length } = comparison.models;
    task.end(`compared ${length} ${length === 1 ? "model" : "models"}`);
    for (const { model, reason } of comparison.failed) ctx.warn(`${model} could not be compared: ${reason}`);
    if (comparison.interrupted) ctx.warn("Interrupted: this is what was known by then.");
    printComparison(ctx, comparison);
    if (page !== undefined && length > 0) {
      await comparePage(page, ctx.commandLine, comparison);
      ctx.print(`\nThe page: ${page}`);
    }
    ctx.json(comparison);
  },
});
