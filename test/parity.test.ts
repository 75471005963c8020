/** Training against PyTorch: the same weights, the same batches, the same losses. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { OptionValues } from "../src/models/model.ts";
import { architectureOf } from "../src/models/registry.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { StreamScorer } from "../src/train/scoring.ts";
import { loadBasicLstm } from "./torch/basic-lstm.ts";
import { pythonWithTorch } from "./torch/python.ts";
import { trainInTorch } from "./torch/torch.ts";
import { drawBatches, drawWeights, trainLosses } from "./torch/train.ts";

const optimizer = { lr: 3e-3, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };
const recurrent = { layers: 2, width: 32, embedding: 16 };
const word = { width: 32, dropout: 0 };
const transformer = { layers: 3, width: 32, context: 12 };
const auxiliary = { allLayers: true, secondTarget: true };
const cases: readonly { type: string; options: OptionValues; steps: number; length: number }[] = [
  { type: "char-rnn", options: recurrent, steps: 50, length: 12 },
  { type: "char-gru", options: recurrent, steps: 50, length: 12 },
  { type: "char-lstm", options: recurrent, steps: 50, length: 12 },
  { type: "word-lstm", options: word, steps: 50, length: 12 },
  { type: "word-rnn", options: { ...word, tied: false }, steps: 20, length: 12 },
  {
    type: "char-bilstm",
    options: { width: 32, embedding: 16, window: 10, dropout: 0 },
    steps: 20,
    length: 10,
  },
  { type: "char-cnn", options: { layers: 3, width: 32, dropout: 0 }, steps: 20, length: 24 },
  { type: "char-transformer", options: transformer, steps: 20, length: 12 },
  { type: "char-transformer", options: { ...transformer, positions: "learned" }, steps: 20, length: 12 },
  { type: "char-transformer", options: { ...transformer, ...auxiliary }, steps: 20, length: 12 },
  {
    type: "char-transformer",
    options: { ...transformer, ...auxiliary, allPositions: false },
    steps: 20,
    length: 12,
  },
];

describe.skipIf(!pythonWithTorch)(
  `losses of PyTorch from the same weights and batches${pythonWithTorch ? "" : " (skipped: no python3 with torch)"}`,
  () => {
    it.each(cases)(
      "$type $options: $steps steps of clipped AdamW",
      async ({ type, options, steps, length }) => {
        const architecture = architectureOf(type);
        const vocabulary = 20;
        const model = architecture.build(architecture.configure(options, vocabulary));
        const job = {
          model,
          weights: drawWeights(model, 1),
          batches: drawBatches(vocabulary, 8, length, steps),
          batch: 8,
          length,
          optimizer,
          threads: 1,
        };
        const [ours, torch] = [await trainLosses(job), await trainInTorch(job)];
        expect(torch.losses[0]! - torch.losses.at(-1)!).toBeGreaterThan(0.04);
        expect(Math.max(...ours.map((loss, k) => Math.abs(loss - torch.losses[k]!)))).toBeLessThan(1e-4);
      },
    );
  },
);

const assets = process.env.PUNCHLINE_ASSETS;
describe.skipIf(!assets)(
  `an LSTM that TensorFlow trained${assets ? "" : " (skipped: PUNCHLINE_ASSETS is not set)"}`,
  () => {
    it("predicts Shakespeare as well here as it did there", async () => {
      const folder = join(assets!, "ml5-charrnn/shakespeare");
      const { model, weights, ids } = loadBasicLstm(folder);
      const text = readFileSync(join(assets!, "tiny-shakespeare/input.txt"), "utf8").slice(-111_540);
      const scorer = new StreamScorer(model, nodeBackend(), { batch: 4, length: 64 });
      const { nats, tokens } = await scorer.score(
        weights,
        Int32Array.from(text.slice(0, 40_001), (c) => ids[c]!),
      );
      await scorer.release();
      expect(tokens).toBe(40_000);
      // A wrong gate order, a missing forget bias or a lost character cost at least half a nat.
      expect(nats / tokens).toBeGreaterThan(1.25);
      expect(nats / tokens).toBeLessThan(1.45);
    });
  },
);
