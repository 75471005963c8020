/**
 * The story's GPT-2: a pre-trained one that is trained further on the jokes, and, where it is small enough to learn
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
import type { Telling } from "../context.ts";
import type { StoryRun } from "../runs.ts";
import { isSmall, type Pretrained, tunedModel } from "./pretrained.ts";
import { writeUntrained } from "./untrained.ts";

/** Folders of the fine-tuned model, of the one from scratch, and of what the latter begins with. */
export const gptFolders = ["gpt", "gpt-scratch", "gpt-untrained"] as const;

/** What the fine-tuning starts from. */
export const gptBase = ({ pretrained }: Telling): Promise<Pretrained> => tunedModel(pretrained);

/** The model that has read the jokes. */
export async function gptModel(telling: Telling): Promise<StoryRun> {
  const { runs, seed, plan, sources } = telling;
  return runs.get("gpt", async () => {
    const base = await gptBase(telling);
    const { data, length } = await spelled(telling, base);
    return {
      what: `${base.name} on the jokes`,
      model: "gpt2",
      base,
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
 * The same network with the same vocabulary, trained on the jokes alone for as long; undefined of a large one, which
 * learns next to nothing from scratch in minutes.
 */
export async function gptControl(telling: Telling): Promise<StoryRun | undefined> {
  const base = await gptBase(telling);
  if (!isSmall(base)) return undefined;
  const { runs, seed, plan, sources } = telling;
  return runs.get("gpt-scratch", async () => {
    const { data, length } = await spelled(telling, base);
    const folder = runs.folderOf("gpt-untrained");
    const config = (await readModelConfig(base.folder)) as ModelConfig;
    await writeUntrained(folder, { config, tokenizer: data.tokenizer, seed });
    return {
      what: "the same network from scratch",
      model: "gpt2",
      base: { folder, name: folder },
      data,
      sources,
      options: {
        ...rowsOf(length),
        ...until(plan.finetuning),
        ...fromScratch(config),
        seed,
      },
    };
  });
}

/** What suits a training of this architecture from scratch, so that the comparison is with its best. */
function fromScratch({ model_type }: ModelConfig): Partial<TrainOptions> {
  const { optimizer, learningRate, weightDecay } = resolveTrainOptions({}, architectureOf(model_type));
  return { optimizer, learningRate, weightDecay };
}

/** Steps of about a thousand tokens, in rows that hold nearly every joke. */
const rowsOf = (seqLen: number) =>
  ({ batchSize: Math.max(1, Math.round(1024 / seqLen)), seqLen }) satisfies Partial<TrainOptions>;

/** Fewer tokens: of a large model there is time for some dozens of steps only. */
const largeRows = { batchSize: 4, seqLen: 64 } satisfies Partial<TrainOptions>;

/** It ends with the time, or where it has learned no more for some validations; the best weights are kept. */
const until = (maxMinutes: number) =>
  ({ validationTokens: 4000, maxMinutes, patience: 4 }) satisfies Partial<TrainOptions>;

/** Most tokens of a joke where those of the data are no longer, nearly all of them. */
const USUAL = 64;

/** The tokens that nearly every real text of the data fits into: of a model that spells another script, several for each letter. */
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

/** The jokes in the vocabulary of a model, in the same splits as of the models of characters, and how long they are. */
async function spelled(
  { sources, cleaning }: Telling,
  base: Pretrained,
): Promise<{ readonly data: PreparedData; readonly length: number }> {
  const vocabulary = await loadTokenizer(base.folder);
  const data = await prepareData(sources, { vocabulary, cleaning });
  return { data, length: await jokeTokens(data, vocabulary, base) };
}
