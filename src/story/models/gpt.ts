/**
 * The story's GPT-2. Where published weights are at hand, those are trained further on the jokes. Otherwise a
 * small model of the same kind is made from nothing on this machine: it first reads a novel, then the jokes.
 */
import type { PreparedData } from "../../data/prepare.ts";
import { prepareData } from "../../data/prepare-sources.ts";
import { withSubwordsInTurns } from "../../data/vocabularies.ts";
import { cachedModel, resolveModel } from "../../hub/pull.ts";
import { loadTokenizer } from "../../hub/tokenizer-files.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { TrainOptions } from "../../train/options.ts";
import type { StoryRun } from "../runs.ts";
import type { Telling } from "../telling.ts";

/** What is fine-tuned without being asked for, where it lies in the Hub's cache. */
const PUBLISHED = "distilgpt2";
/** What the small model reads before the jokes. */
export const PROSE = "moby-dick";

const MODEL = "gpt2";
const sizes = ({ plan: { layers } }: Telling) => ({ layers, width: 128, heads: 4, context: 128 });
const windows = { batchSize: 16, seqLen: 64, validationTokens: 4000 } as const;

const what = "the small GPT-2";

/** What the fine-tuning starts from. */
export interface GptBase {
  readonly folder: string;
  /** The name on the Hub, or the run's folder. */
  readonly name: string;
  /** The first training, where it took place here. */
  readonly run?: StoryRun;
}

export async function gptBase(telling: Telling): Promise<GptBase> {
  const { pretrained } = telling;
  if (pretrained !== undefined) return { folder: await fetched(telling, pretrained), name: pretrained };
  const cached = await cachedModel(PUBLISHED);
  if (cached !== undefined) return { folder: cached, name: PUBLISHED };
  const run = await telling.runs.get("gpt-pretrained", async () => ({
    what: `${what} on a novel`,
    model: MODEL,
    modelOptions: sizes(telling),
    data: await withSubwordsInTurns(await prepareData([PROSE]), { signal: telling.signal }),
    sources: [PROSE],
    options: {
      ...windows,
      learningRate: 3e-3,
      maxMinutes: telling.plan.pretraining,
      seed: telling.seed,
    },
  }));
  return { folder: run.folder, name: run.folder, run };
}

async function fetched({ emit, signal }: Telling, name: string): Promise<string> {
  return resolveModel(name, {
    onProgress: ({ received, total }) => emit({ type: "download", model: name, received, total }),
    ...(signal ? { signal } : {}),
  });
}

/** The model that has read the jokes. */
export async function gptModel(telling: Telling): Promise<StoryRun> {
  const { runs, plan, seed, sources } = telling;
  return runs.get("gpt", async () => {
    const base = await gptBase(telling);
    const data = await spelled(telling, await loadTokenizer(base.folder));
    const common = { what: "GPT-2 on the jokes", model: MODEL, base, data, sources };
    return base.run
      ? { ...common, options: { ...windows, ...smallSteps, maxMinutes: plan.finetuning, seed } }
      : { ...common, options: { ...largeSteps, maxMinutes: publishedMinutes(telling), seed } };
  });
}

/** The usual fine-tuning, at the pace that a small model can take. */
const smallSteps = {
  learningRate: 1e-3,
  schedule: "linear",
} satisfies Partial<TrainOptions>;

/** As Hugging Face's Trainer, in smaller batches: there is time for some dozens of steps only. */
const largeSteps = {
  batchSize: 4,
  seqLen: 64,
  learningRate: 5e-5,
  schedule: "linear",
  warmup: 0,
  weightDecay: 0,
} satisfies Partial<TrainOptions>;

/** Published weights need no first training and no control; their time goes into the jokes. */
const publishedMinutes = ({ plan }: Telling): number =>
  plan.pretraining + plan.finetuning * (plan.control ? 3 : 1);

/** The same small model trained on the jokes alone, for as long as the two trainings together, or until it no longer learns. */
export const gptControl = (telling: Telling, base: StoryRun): Promise<StoryRun> =>
  telling.runs.get("gpt-scratch", async () => ({
    what: `${what} on jokes alone`,
    model: MODEL,
    modelOptions: sizes(telling),
    data: await spelled(telling, await loadTokenizer(base.folder)),
    sources: telling.sources,
    options: {
      ...windows,
      learningRate: 3e-3,
      maxMinutes: telling.plan.pretraining + telling.plan.finetuning,
      patience: 4,
      seed: telling.seed,
    },
  }));

/** The jokes in the vocabulary of a model: the same texts in the same splits as of the models of characters. */
const spelled = ({ sources }: Telling, vocabulary: Tokenizer): Promise<PreparedData> =>
  prepareData(sources, { vocabulary, cleaning: { keepUnicode: false } });
