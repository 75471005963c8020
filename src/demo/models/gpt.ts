/**
 * The GPT-2 of the demo: a pre-trained one that is fine-tuned on the jokes, and, where it is small enough to learn
 * anything in that time, the same network from scratch.
 */
import { quantile } from "../../core/quantile.ts";
import type { PreparedData } from "../../data/prepare.ts";
import { prepareData } from "../../data/prepare-sources.ts";
import { readModelConfig } from "../../hub/folder.ts";
import { loadTokenizer } from "../../hub/tokenizer-files.ts";
import type { ModelConfig } from "../../models/model.ts";
import { architectureOf } from "../../models/registry.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { readModel } from "../../train/base.ts";
import { resolveTrainOptions, type TrainOptions } from "../../train/options.ts";
import type { DemoContext } from "../context.ts";
import type { DemoRun } from "../runs.ts";
import { isSmall, type Pretrained, tunedModel } from "./pretrained.ts";
import { writeUntrained } from "./untrained.ts";

/** Folders of the fine-tuned model, of the one from scratch, and of the latter before its training. */
export const gptFolders = ["gpt", "gpt-scratch", "gpt-untrained"] as const;

export const baseGpt = ({ pretrained }: DemoContext): Promise<Pretrained> => tunedModel(pretrained);

export async function trainedGpt(context: DemoContext): Promise<DemoRun> {
  const { runs, seed, plan, sources } = context;
  return runs.get("gpt", async () => {
    const base = await baseGpt(context);
    const { data, length } = await tokenised(context, base);
    return {
      what: `${base.name} on the jokes`,
      network: { base: { folder: base.folder, name: base.name } },
      data,
      sources,
      options: {
        ...(isSmall(base) ? rowsOf(length) : largeRows),
        ...until(isSmall(base) ? plan.finetuning : 2 * plan.finetuning),
        seed,
      },
    };
  });
}

/**
 * The same network with the same vocabulary, trained on the jokes alone for as long; undefined for a large one, which
 * learns next to nothing from scratch in minutes.
 */
export async function gptFromScratch(context: DemoContext): Promise<DemoRun | undefined> {
  const base = await baseGpt(context);
  if (!isSmall(base)) return undefined;
  const { runs, seed, plan, sources } = context;
  return runs.get("gpt-scratch", async () => {
    const { data, length } = await tokenised(context, base);
    const folder = runs.folderOf("gpt-untrained");
    const config = (await readModelConfig(base.folder)) as ModelConfig;
    await writeUntrained(folder, { config, tokenizer: data.tokenizer, seed });
    return {
      what: "the same network from scratch",
      network: { base: { folder, name: folder } },
      data,
      sources,
      options: { ...rowsOf(length), ...until(plan.finetuning), ...fromScratch(config), seed },
    };
  });
}

/** The defaults for training this architecture from scratch, so that fine-tuning is compared with its best. */
function fromScratch({ model_type }: ModelConfig): Partial<TrainOptions> {
  const { optimizer, learningRate, weightDecay } = resolveTrainOptions({}, architectureOf(model_type));
  return { optimizer, learningRate, weightDecay };
}

/** Steps of about a thousand tokens, in rows that hold nearly every joke. */
const rowsOf = (seqLen: number) =>
  ({ batchSize: Math.max(1, Math.round(1024 / seqLen)), seqLen }) satisfies Partial<TrainOptions>;

/** Fewer tokens: a large model has time for some dozens of steps only. */
const largeRows = { batchSize: 4, seqLen: 64 } satisfies Partial<TrainOptions>;

/** It ends after `maxMinutes`, or when some validations in a row were no better; the best weights are kept. */
const until = (maxMinutes: number) =>
  ({ validationTokens: 4000, maxMinutes, patience: 4 }) satisfies Partial<TrainOptions>;

/** The most tokens of a joke, unless those of the data are longer. */
const USUAL = 64;

/** The number of tokens that 95 % of the real texts fit into: another script may take several tokens a letter. */
export async function jokeTokens(
  data: Pick<PreparedData, "splits">,
  tokenizer: Tokenizer,
  { folder }: Pick<Pretrained, "folder">,
): Promise<number> {
  const { contextLength } = await readModel(folder);
  const { validation, test } = data.splits;
  const lengths = [...validation, ...test].map((text) => tokenizer.encode(text).length + 1);
  const long =
    lengths.length === 0
      ? USUAL
      : quantile(
          [...lengths].sort((a, b) => a - b),
          0.95,
        );
  const rounded = USUAL * Math.ceil(long / USUAL);
  return Math.max(1, Math.min(contextLength, Math.max(USUAL, Math.min(4 * USUAL, rounded))));
}

/** The jokes in the vocabulary of a model, in the same splits as for the character model, and their length in tokens. */
async function tokenised(
  { sources, cleaning }: DemoContext,
  base: Pretrained,
): Promise<{ readonly data: PreparedData; readonly length: number }> {
  const vocabulary = await loadTokenizer(base.folder);
  const data = await prepareData(sources, { vocabulary, cleaning });
  return { data, length: await jokeTokens(data, vocabulary, base) };
}
