/** `punchline sample`: texts from a model. */
import { UsageError } from "../../index.ts";
import { argument, defineCommand } from "../command.ts";
import { modelKinds, modelOptions, openAny, tellUsage } from "../open-model.ts";
import { flag, integer, list, number, present, text } from "../option.ts";

export default defineCommand({
  description: "Writes texts token by token. The same seed writes the same texts, whatever their number.",
  arguments: { model: argument({ describe: modelKinds }) },
  options: {
    prompt: text({ describe: "What each text begins with", default: "" }),
    n: integer({ describe: "How many texts", short: "n", min: 1, max: 100_000, default: 1 }),
    temperature: number({
      describe: "Below 1 bolder on the likely, above 1 wilder, 0 the likeliest",
      min: 0,
      max: 100,
      default: 1,
    }),
    topK: integer({ describe: "Only the K likeliest tokens, 0 for all", min: 0, default: 0 }),
    topP: number({
      describe: "Only the likeliest that reach this probability",
      above: 0,
      max: 1,
      default: 1,
    }),
    minP: number({
      describe: "Only those at least this share as likely as the best",
      min: 0,
      max: 1,
      default: 0,
    }),
    repetitionPenalty: number({
      describe: "Makes tokens seen before less likely, above 1",
      above: 0,
      default: 1,
    }),
    maxLength: integer({ describe: "Most tokens after the prompt (default 200, or what fits)", min: 1 }),
    stop: list({ describe: "A text that ends the sample" }),
    seed: integer({ describe: "Of the random numbers", min: 0, default: 0 }),
    slide: flag({ describe: "Drop the oldest tokens where the context is full" }),
    ...modelOptions,
  },
  examples: [
    { command: 'punchline sample runs/a --prompt "Why did" -n 5 --temperature 0.8', explain: "Five endings" },
    { command: "punchline sample runs/a -n 100 --json > jokes.json", explain: "Many, for a program" },
    {
      command: 'punchline sample openai:gpt-4o-mini --prompt "Why did" --max-length 40',
      explain: "A hosted model, with the key in OPENAI_API_KEY",
    },
  ],
  async run(ctx, args, { device, threads, priceIn, priceOut, n, ...options }) {
    const where = { device, threads, priceIn, priceOut };
    if (options.stop.includes("")) throw new UsageError("--stop needs a text, and not an empty one.");
    const model = await openAny(ctx, args.model, where);
    const streams = ctx.isTTY && n === 1 && !ctx.asJson;
    if (streams) ctx.write(options.prompt);
    const samples = await model.sample({
      ...present(options),
      n,
      signal: ctx.interrupt,
      ...(streams ? { onText: (_, piece) => ctx.write(piece) } : {}),
    });
    if (streams) ctx.print();
    else for (const { prompt, text } of samples) ctx.print(prompt + text);
    ctx.json({
      samples: samples.map(({ prompt, text, tokens, finish }) => ({ prompt, text, tokens, finish })),
      ...tellUsage(ctx, model, where),
    });
    await model.release();
  },
});
