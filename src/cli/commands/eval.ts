/** `punchline eval`: how well a model predicts a source. */
import { evaluateTexts, loadModel, resolveModel, UsageError } from "../../index.ts";
import { argument, defineCommand } from "../command.ts";
import { dataChoices, dataOptions, readData } from "../data-options.ts";
import { deviceOf, deviceOptions } from "../device-options.ts";
import { formatCount } from "../format.ts";
import { choice, integer, list, present } from "../option.ts";

export default defineCommand({
  description:
    "Scores every token of a split once and prints the loss in nats per token, the perplexity, and bits per " +
    "character and per byte, which compare models of different vocabularies.",
  arguments: { model: argument({ describe: "Run folder, Hugging Face folder or Hub name" }) },
  options: {
    data: list({
      describe: "Source: one-liners, a file, hf:owner/dataset (default one-liners)",
      placeholder: "SOURCE",
    }),
    split: choice(["train", "validation", "test", "all"], {
      describe: "Which part; with --raw always all",
      default: "test",
    }),
    batch: integer({ describe: "Windows side by side", min: 1, default: 16 }),
    length: integer({ describe: "Tokens of a window", min: 2 }),
    window: integer({
      describe: "Tokens that each window scores anew, for models with a bounded context",
      min: 1,
    }),
    ...dataOptions,
    ...deviceOptions,
  },
  examples: [
    { command: "punchline eval runs/a --data jokes.csv", explain: "On the test split" },
    { command: "punchline eval gpt2 --data wiki.test.raw --raw", explain: "On one text as it stands" },
  ],
  async run(ctx, { model }, options) {
    const lm = await loadModel(await resolveModel(model), deviceOf(options));
    const sources = options.data.length > 0 ? options.data : ["one-liners"];
    const { texts, kind, split } = await textsOf();
    const task = ctx.progress.start("scoring", { total: 100, unit: "%" });
    const result = await evaluateTexts(lm, texts, {
      kind,
      ...present({ batch: options.batch, length: options.length, stride: options.window }),
      onProgress: (done) => task.update({ done: Math.floor(100 * done) }),
      signal: ctx.interrupt,
    });
    task.end(`scored ${formatCount(result.tokens)} tokens of ${split}`);
    ctx.print(`loss                ${result.loss.toFixed(4)} nats per token`);
    ctx.print(`perplexity          ${result.perplexity.toFixed(2)}`);
    ctx.print(`bits per character  ${result.bits_per_character.toFixed(4)}`);
    ctx.print(`bits per byte       ${result.bits_per_byte.toFixed(4)}`);
    ctx.print(`tokens              ${formatCount(result.tokens)} (${split})`);
    ctx.json({ ...result, split });

    async function textsOf() {
      if (options.raw) {
        const { readRawText } = await import("../../index.ts");
        return { texts: [await readRawText(sources)], kind: "text" as const, split: "all" };
      }
      const data = await readData(ctx, sources, dataChoices(options));
      const { train, validation, test } = data.splits;
      const texts = options.split === "all" ? [...train, ...validation, ...test] : data.splits[options.split];
      if (texts.length === 0)
        throw new UsageError(
          `The ${options.split} split is empty; give more texts or choose another --split.`,
        );
      return { texts, kind: "items" as const, split: options.split };
    }
  },
});
