/** Chapter one of the demo: a network learns to write jokes one character at a time. */

import { nextTokens } from "../../evaluate/choices.ts";
import { bitsAndBytes } from "../../evaluate/lead.ts";
import { scoreTexts } from "../../evaluate/likelihood.ts";
import { uniformLoss, unigramLoss } from "../../evaluate/reference.ts";
import { loadModel } from "../../generate/load.ts";
import { readRun } from "../../train/run-folder.ts";
import { streamOf } from "../../train/streams.ts";
import { firstWindows } from "../../train/windows.ts";
import type { DemoChapter } from "../context.ts";
import { trainedCharacters } from "../models/characters.ts";
import { beginningsOf, readTexts } from "../read-texts.ts";
import { writeJokes } from "../write-jokes.ts";

const MOST_CHARACTERS = 240;

export const characters: DemoChapter<"characters"> = {
  name: "characters",
  title: "One character at a time",
  question: "How good is a model that writes one character at a time, and why?",
  uses: [],
  runs: ["characters"],
  seconds: ({ characters: minutes, written }) => minutes * 60 + 6 + written / 30,
  async run(context) {
    const { data, dataSeconds, sources, seed, signal } = context;
    const { tokenizer, splits, summary } = data;
    const run = await trainedCharacters(context);
    const lm = await loadModel(run.folder);
    const jokes = await writeJokes(context, lm, "The character model", { maxLength: MOST_CHARACTERS });
    const many = await jokes.more(context.plan.written);
    const best = await jokes.best();
    const split = splits.test.length > 0 ? "test" : "validation";
    const scores =
      split === "test"
        ? await scoreTexts(lm, splits.test, { prompts: data.prompts?.test, signal })
        : undefined;
    const { model, train, modelOptions } = await readRun(run.folder);
    const { batchSize, seqLen } = train;
    const options = { batchSize, seqLen, seed };
    const { layers, width } = modelOptions;
    // The references are computed on the split of the model's own figure.
    const [trained, held] = [streamOf(data, "train", tokenizer), streamOf(data, split, tokenizer)];
    return {
      model: `char-lstm, ${layers} layer of ${width} cells`,
      parameters: run.summary.parameters,
      data: {
        ...summary,
        source: summary.sources.map(({ source }) => source).join(", "),
        seconds: dataSeconds,
      },
      validated:
        streamOf(data, "validation", tokenizer).length - 1 > train.validationTokens
          ? train.validationTokens
          : undefined,
      log: run.log,
      references: {
        uniform: uniformLoss(tokenizer.size),
        unigram: unigramLoss(trained, held, tokenizer.size),
      },
      windows: await firstWindows(data, { model, modelOptions, options, signal }, 2),
      timeline: run.samples,
      jokes: jokes.groups,
      best,
      read: await readTexts(context, lm, jokes.groups),
      next: await nextTokens(lm, beginningsOf(splits.train)),
      evaluation: scores && { ...scores.evaluation, split },
      text_bits: scores && bitsAndBytes(scores),
      lengths: {
        model: many.map(({ text }) => text.length),
        real: [...splits.validation, ...splits.test].map((text) => text.length),
      },
      settings: {
        ...modelOptions,
        "batch size": train.batchSize,
        window: `${train.seqLen} characters`,
        "learning rate": train.learningRate,
        schedule: train.schedule,
        optimizer: train.optimizer,
        "weight decay": train.weightDecay,
        "gradient clip": train.clip,
        seed: train.seed,
        "time limit": `${train.maxMinutes} minutes`,
        "characters trained on": run.log.at(-1)?.tokens ?? 0,
        "characters per second": Math.round(run.summary.tokens_per_s),
      },
      commands: {
        train: run.command,
        sample: `punchline sample ${run.folder} -n 10 --temperature 0.8 --max-length ${MOST_CHARACTERS} --seed ${seed}`,
        data: ["punchline data", ...sources].join(" "),
        windows: [
          "punchline data",
          ...sources,
          `--show-windows 2 --batch-size ${batchSize} --seq-len ${seqLen} --seed ${seed}`,
        ].join(" "),
      },
    };
  },
};
