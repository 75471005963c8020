/**
 * The built-in models fine-tuned on texts of your own, in full and with LoRA, at two learning rates each, beside the
 * same network from scratch for the same time: bits per byte of held-out texts for `punchline-gpt2`, the loss of hidden
 * tokens for `punchline-bert`.
 *
 *     PUNCHLINE_TEXT=german.txt PUNCHLINE_MINUTES=2 npm run bench -- finetune
 *
 * PUNCHLINE_TEXT is any source that `punchline data` reads; default: one-liners. There are eight trainings of
 * PUNCHLINE_MINUTES each. The curves go to standard error.
 */
import { basename } from "node:path";
import type { PreparedData } from "../src/data/prepare.ts";
import { prepareData } from "../src/data/prepare-sources.ts";
import { evenly } from "../src/evaluate/evenly.ts";
import { lowestLoss } from "../src/evaluate/lead.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { type BuiltInName, builtInFolder } from "../src/hub/built-in.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { finetuneOptions } from "../src/train/base.ts";
import type { TrainOptions } from "../src/train/options.ts";
import type { TrainResult } from "../src/train/train.ts";
import { type BenchRow, plain, row } from "./bench.ts";
import { amount, quick } from "./quick.ts";
import { bitsPerByte, type LossUnit, sizesOf, watchable, watched } from "./training/watched.ts";

/** Rows of a few texts, and many steps. */
const small = { batchSize: 16, seqLen: 128, sampleEvery: 0 } as const;
/** The learning rates, as shares of the default. */
const RATES = [1, 1 / 3];
/** Most texts of the test split that are scored. */
const SCORED = quick ? 50 : 2000;

export default async function finetune(): Promise<BenchRow[]> {
  const source = process.env.PUNCHLINE_TEXT ?? "one-liners";
  const maxMinutes = amount("PUNCHLINE_MINUTES", 2, 0.05);
  const title = basename(source);
  const length = { ...small, maxMinutes };
  const read = async (name: BuiltInName) =>
    watchable(await prepareData(source, { vocabulary: await loadTokenizer(builtInFolder(name)) }));

  const texts = await read("punchline-gpt2");
  const test = evenly(texts.splits.test, SCORED);
  const bits = async (lm: LanguageModel) => (await evaluateTexts(lm, test, { alone: true })).bits_per_byte;
  const gpt2 = await compared("punchline-gpt2", texts, {
    what: `${title}, ${test.length} test texts`,
    options: { ...length, packing: "blocks" },
    ways: { "in full": {}, "with LoRA": { lora: {} } },
    unit: bitsPerByte(texts),
    measure: ({ lm }) => bits(lm),
  });
  const before = await bits(await loadModel(builtInFolder("punchline-gpt2")));

  const masked = await read("punchline-bert");
  const bert = await compared("punchline-bert", masked, {
    what: `${title}, hidden tokens of ${masked.splits.validation.length} validation texts`,
    options: length,
    ways: { "in full": {} },
    unit: { name: "nats/token", perNat: 1 },
    measure: async ({ log }) => lowestLoss(log) ?? Number.NaN,
  });
  return [
    plain(`${title}, ${test.length} test texts: punchline-gpt2 before fine-tuning`, "bits/byte", before),
    ...gpt2,
    ...bert,
  ];
}

interface Comparison {
  readonly what: string;
  /** Of every training. */
  readonly options: Partial<TrainOptions>;
  /** Options of each way to fine-tune, by its name. */
  readonly ways: Readonly<Record<string, Partial<TrainOptions>>>;
  readonly unit: LossUnit;
  readonly measure: (result: TrainResult) => Promise<number>;
}

/** A row for each way and rate, beside the network from scratch. */
async function compared(
  model: BuiltInName,
  data: PreparedData,
  { what, options, ways, unit, measure }: Comparison,
): Promise<BenchRow[]> {
  const folder = builtInFolder(model);
  const architecture = model.replace("punchline-", "");
  const peerName = "the same network from scratch";
  const modelOptions = await sizesOf(folder);
  const scratch = await watched(peerName, { model: architecture, modelOptions, data, options }, unit);
  const peer = await measure(scratch);
  const rows: BenchRow[] = [];
  for (const [way, own] of Object.entries(ways))
    for (const share of RATES) {
      const { learningRate: suited } = await finetuneOptions(folder, { ...options, ...own });
      const learningRate = Number((share * suited).toPrecision(2));
      const name = `${model} ${way} at ${learningRate}`;
      const base = { folder, name: model };
      const tuned = await watched(name, { base, data, options: { ...options, ...own, learningRate } }, unit);
      const ours = await measure(tuned);
      rows.push(
        row({
          case: `${what}: ${name}`,
          unit: unit.name,
          better: "less",
          ours,
          peer,
          peerName,
          note: `${options.maxMinutes} min each, ${tuned.log.at(-1)?.step ?? 0} steps beside ${scratch.log.at(-1)?.step ?? 0}; ${(peer - ours).toFixed(3)} ahead`,
        }),
      );
    }
  return rows;
}
