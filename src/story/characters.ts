/** Chapter one of the story: a network on this machine learns to write jokes one character at a time. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { PreparedData } from "../data/prepare.ts";
import { evaluateTexts } from "../evaluate/likelihood.ts";
import { uniformLoss, unigramLoss } from "../evaluate/reference.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { loadModel } from "../generate/load.ts";
import { sample } from "../generate/sample.ts";
import type { AuditedSample, CharactersData } from "../report/index.ts";
import type { TrainOptions } from "../train/options.ts";
import { readRun } from "../train/run-folder.ts";
import { streamOf } from "../train/streams.ts";
import { resume, type TrainHooks, type TrainResult, train } from "../train/train.ts";

/** What suits some thousands of jokes and a few minutes: large enough to learn, dropped out enough not to memorise. */
export const charactersModel = {
  model: "char-lstm",
  modelOptions: { layers: 1, width: 512, embedding: 64, dropout: 0.4 },
} as const;

const trainOptions: Partial<TrainOptions> = {
  batchSize: 32,
  seqLen: 64,
  learningRate: 4e-3,
  weightDecay: 0.05,
};

export const temperatures = [0.5, 0.8, 1.1] as const;
const JOKES = 10;
/** Jokes written at the middle temperature for the statistics. */
const STATISTICS = 200;

export interface CharactersOptions extends TrainHooks {
  /** The run folder. A training in it that was cut short goes on. */
  readonly folder: string;
  readonly minutes: number;
  readonly seed: number;
  readonly sources: readonly string[];
}

export interface CharactersResult {
  readonly lm: LanguageModel;
  readonly training: TrainResult;
  /** Ten texts of each temperature. */
  readonly jokes: readonly { readonly temperature: number; readonly texts: readonly string[] }[];
  /** Many texts of the middle temperature. */
  readonly many: readonly string[];
}

/** Trains, or goes on with, the run, and writes its jokes. */
export async function writeCharacters(
  data: PreparedData,
  options: CharactersOptions,
): Promise<CharactersResult> {
  const { folder, minutes, seed, sources, ...hooks } = options;
  const training = (await hasRun(folder))
    ? await resume(folder, { ...hooks, prepare: async () => data })
    : await train({
        ...hooks,
        ...charactersModel,
        data,
        out: folder,
        options: { ...trainOptions, maxMinutes: minutes, seed },
        origin: { sources, options: {} },
      });
  const lm = await loadModel(folder);
  const write = async (temperature: number, n: number) =>
    (
      await sample(lm, {
        n,
        temperature,
        seed,
        maxLength: 240,
        ...(hooks.signal ? { signal: hooks.signal } : {}),
      })
    ).map(({ text }) => text);
  const jokes = [];
  for (const temperature of temperatures) jokes.push({ temperature, texts: await write(temperature, JOKES) });
  return { lm, training, jokes, many: await write(temperatures[1], STATISTICS) };
}

/** The chapter of the report. `audit` judges texts against the training data. */
export async function charactersChapter(
  data: PreparedData,
  { lm, training, jokes, many }: CharactersResult,
  audit: (texts: readonly string[]) => readonly AuditedSample[],
  commands: CharactersData["commands"],
  seconds: number,
): Promise<CharactersData> {
  const { tokenizer, splits, summary } = data;
  const run = await readRun(lm.name);
  const [trained, held] = [streamOf(data, "train", tokenizer), streamOf(data, "validation", tokenizer)];
  const evaluation = splits.test.length > 0 ? await evaluateTexts(lm, splits.test) : undefined;
  const { layers, width } = charactersModel.modelOptions;
  return {
    model: `${charactersModel.model}, ${layers} layer of ${width} cells`,
    parameters: training.summary.parameters,
    data: { ...summary, source: summary.sources.map(({ source }) => source).join(", "), seconds },
    log: training.log,
    references: { uniform: uniformLoss(tokenizer.size), unigram: unigramLoss(trained, held, tokenizer.size) },
    timeline: training.samples,
    jokes: jokes.map(({ temperature, texts }) => ({ temperature, samples: audit(texts) })),
    ...(evaluation ? { evaluation: { ...evaluation, split: "test" } } : {}),
    lengths: {
      model: many.map((text) => text.length),
      real: [...splits.validation, ...splits.test].map((text) => text.length),
    },
    settings: {
      ...charactersModel.modelOptions,
      "batch size": run.train.batchSize,
      window: `${run.train.seqLen} characters`,
      "learning rate": run.train.learningRate,
      schedule: run.train.schedule,
      optimizer: run.train.optimizer,
      "weight decay": run.train.weightDecay,
      "gradient clip": run.train.clip,
      seed: run.train.seed,
      "time limit": `${run.train.maxMinutes} minutes`,
      "characters trained on": training.log.at(-1)?.tokens ?? 0,
      "characters per second": Math.round(training.summary.tokens_per_s),
    },
    commands,
  };
}

async function hasRun(folder: string): Promise<boolean> {
  return stat(join(folder, "run.json")).then(
    () => true,
    () => false,
  );
}
