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
import { adaptModel } from "../src/train/setup.ts";
import { trainingBatches } from "../src/train/streams.ts";
import { train } from "../src/train/train.ts";
import { adapterFolder } from "./adapter-fixture.ts";
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

const settings = {
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
} as const;

describe.skipIf(!pythonWithTorch)(
  `20 fine-tuning losses of PyTorch${pythonWithTorch ? "" : " (skipped: no python3 with torch)"}`,
  () => {
    it.each(cases)("%s (%#)", async (type, prepare, more) => {
      const data = await prepare();
      const architecture = architectureOf(type);
      const sizes = { layers: 2, width: 32, heads: 4, context: 32, dropout: 0 };
      const model = architecture.build(architecture.configure(sizes, data.tokenizer.size));
      const given = { ...settings, ...more };
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

    it("of an adapter that goes on", { timeout: 60_000 }, async () => {
      const data = await pairs();
      const architecture = architectureOf("llama");
      const sizes = { layers: 2, width: 32, heads: 4, kvHeads: 2, context: 32, dropout: 0 };
      const base = architecture.build(architecture.configure(sizes, data.tokenizer.size));
      await withRandomFolder(base, async (folder) => {
        const change = { use_rslora: true };
        const adapter = await adapterFolder(folder, { targets: ["q_proj", "down_proj"], change });
        const given = { ...settings, learningRate: 1e-2, lora: { dropout: 0 } };
        const from = { folder, name: "random", adapter: { folder: adapter, name: "adapter" } };
        const { log } = await train({ base: from, data, options: given, backend: { threads: 1 } });
        const batches = trainingBatches(base, data, resolveTrainOptions(given, {}));
        const taken = Array.from({ length: 20 }, () => batches.next());
        const lora = { folder: adapter, scale: 5 / Math.sqrt(3) };
        const trained = adaptModel(base, { lora: { rank: 3, targets: ["q_proj", "down_proj"] } });
        const parameters = trained.model.parameters.filter(({ name }) => trained.trainable.has(name));
        const theirs = await lossesInTorch(folder, { parameters }, taken, given, lora);
        expect(theirs[0]! - theirs.at(-1)!).toBeGreaterThan(0.1);
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
  model: Pick<Model, "parameters">,
  batches: readonly TokenBatch[],
  o: Optimizer,
  lora?: { readonly folder: string; readonly scale: number },
): Promise<number[]> {
  const job = {
    decayed: model.parameters.filter(({ decay }) => decay).map(({ name }) => name),
    optimizer: { lr: o.learningRate, weightDecay: o.weightDecay, clip: 1 },
    batches: batches.map(oneTextARow),
    lora,
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
