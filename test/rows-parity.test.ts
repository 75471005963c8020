/**
 * Fine-tuning against PyTorch: the same weights and texts, the same 20 losses. Ours packs texts in rows; the judge
 * reads each in a padded row of its own.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { TokenBatch } from "../src/data/batches/batch.ts";
import { type PreparedData, prepareTexts } from "../src/data/prepare.ts";
import { withSubwords } from "../src/data/vocabularies.ts";
import type { Model } from "../src/models/model.ts";
import { architectureOf } from "../src/models/registry.ts";
import { huggingfaceTokenizer } from "../src/text/huggingface.ts";
import { wordPieceFiles } from "../src/text/wordpiece-files.ts";
import { resolveTrainOptions, type TrainOptions } from "../src/train/options.ts";
import { trainingBatches } from "../src/train/streams.ts";
import { train } from "../src/train/train.ts";
import { withRandomFolder } from "./torch/forward.ts";
import { pythonWithTorch, runInTorch } from "./torch/python.ts";

const words = ["why", "did", "the", "hen", "cross", "road", "to", "see", "other", "side", "fox", "and"];
const texts = Array.from({ length: 90 }, (_, i) =>
  Array.from(
    { length: 4 + (i % 9) },
    (_, k) => words[(i * i + 3 * i * k + k * k) % 12] + (k % 3 ? "" : "s"),
  ).join(" "),
);
const wordPieces = wordPieceFiles(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "##s", ...words].join("\n"));
const unsplit = {
  nearDuplicates: false,
  exactDuplicates: false,
  fractions: { validation: 0, test: 0 },
} as const;

const masked = (): Promise<PreparedData> =>
  prepareTexts([{ texts }], {
    ...unsplit,
    vocabulary: huggingfaceTokenizer(wordPieces["tokenizer.json"], wordPieces["tokenizer_config.json"]),
  });
const pairs = async (): Promise<PreparedData> =>
  withSubwords(
    await prepareTexts([{ texts, prompts: texts.map((_, i) => (i % 3 ? `${words[i % 12]}?` : "")) }], {
      ...unsplit,
      vocabulary: "character",
    }),
    280,
  );

const cases: readonly (readonly [
  type: string,
  data: () => Promise<PreparedData>,
  more: Partial<TrainOptions>,
])[] = [
  ["gpt2", pairs, {}],
  ["gpt2", pairs, { packing: "none" }],
  ["bert", masked, {}],
  ["bert", masked, { wholeWords: true, packing: "none" }],
  ["distilbert", masked, {}],
];

describe.skipIf(!pythonWithTorch)(
  `20 fine-tuning losses of PyTorch${pythonWithTorch ? "" : " (skipped: no python3 with torch)"}`,
  () => {
    it.each(cases)("%s (%#)", async (type, prepare, more) => {
      const data = await prepare();
      const architecture = architectureOf(type);
      const sizes = { layers: 2, width: 32, heads: 4, context: 32, dropout: 0 };
      const model = architecture.build(architecture.configure(sizes, data.tokenizer.size));
      const given = {
        steps: 20,
        batchSize: 4,
        seqLen: 32,
        learningRate: 3e-3,
        schedule: "constant",
        warmup: 0,
        weightDecay: 0.1,
        logEvery: 1,
        sampleEvery: 0,
        packing: "blocks",
        ...more,
      } as const;
      await withRandomFolder(model, async (folder) => {
        const base = { folder, name: "random" };
        const { log } = await train({ base, data, options: given, backend: { threads: 1 } });
        const batches = trainingBatches(model, data, resolveTrainOptions(given, {}));
        const taken = Array.from({ length: 20 }, () => batches.next());
        const theirs = await lossesInTorch(folder, model, taken, given);
        expect(theirs[0]! - theirs.at(-1)!).toBeGreaterThan(0.3);
        expect(log.map(({ step }) => step)).toEqual(theirs.map((_, k) => k + 1));
        for (const [k, { loss }] of log.entries()) expect(Math.abs(loss - theirs[k]!)).toBeLessThan(1e-4);
      });
    });
  },
);

interface Optimizer {
  readonly learningRate: number;
  readonly weightDecay: number;
}

async function lossesInTorch(
  folder: string,
  model: Model,
  batches: readonly TokenBatch[],
  o: Optimizer,
): Promise<number[]> {
  const job = {
    decayed: model.parameters.filter(({ decay }) => decay).map(({ name }) => name),
    optimizer: { lr: o.learningRate, weightDecay: o.weightDecay, clip: 1 },
    batches: batches.map(oneTextARow),
  };
  const path = join(folder, "job.json");
  writeFileSync(path, JSON.stringify(job));
  const script = fileURLToPath(new URL("torch/finetune.py", import.meta.url));
  return JSON.parse(await runInTorch(script, [folder, path]));
}

/** The documents of a batch, each in a padded row. */
function oneTextARow({ x, y, weights, at, documents, batch, length }: TokenBatch) {
  const targets = at ? new Int32Array(x.length) : y;
  const counts = at ? new Float32Array(x.length) : weights!;
  for (const [i, place] of at?.entries() ?? []) {
    if (weights![i] === 0) continue;
    targets[place] = y[i]!;
    counts[place] = 1;
  }
  const rows: number[][] = [];
  for (let row = 0; row < batch; row++) {
    const places = Array.from({ length }, (_, t) => row * length + t);
    const numbers = new Set(documents ? places.map((place) => documents[place]!).filter((n) => n >= 0) : [0]);
    for (const n of numbers) rows.push(places.filter((place) => (documents?.[place] ?? 0) === n));
  }
  const longest = Math.max(...rows.map((places) => places.length));
  const of = (values: ArrayLike<number>) =>
    rows.map((places) =>
      Array.from({ length: longest }, (_, t) => (t < places.length ? values[places[t]!]! : 0)),
    );
  return { ids: of(x), targets: of(targets), weights: of(counts), mask: of(new Array(x.length).fill(1)) };
}
