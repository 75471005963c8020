/**
 * Every architecture of characters and words beside its twin in PyTorch, on two threads: training speed,
 * how far 20 losses from the same weights lie apart, and how fast it writes.
 */
import type { OptionValues } from "../src/models/model.ts";
import { architectureOf } from "../src/models/registry.ts";
import { pythonWithTorch } from "../test/torch/python.ts";
import { trainInTorch } from "../test/torch/torch.ts";
import { drawBatches, drawWeights, trainLosses } from "../test/torch/train.ts";
import { type BenchRow, row } from "./bench.ts";
import { quick } from "./quick.ts";
import { compareTraining, type TrainingCase } from "./training/compare.ts";

/** Largest difference of losses, in nats, that counts as none. */
const PARITY = 1e-4;

const width = quick ? 32 : 256;
const recurrent = { width, layers: 1, dropout: 0 };
const large = quick ? { layers: 2, width: 64, heads: 2 } : { layers: 6, width: 384, heads: 6 };
const cases: readonly (TrainingCase & { readonly name: string })[] = [
  entry(`char-rnn 1x${width}`, "char-rnn", recurrent, 32, 64),
  entry(`char-gru 1x${width}`, "char-gru", recurrent, 32, 64),
  entry(`char-lstm 1x${width}`, "char-lstm", recurrent, 32, 64),
  entry("char-bilstm 128, window 40", "char-bilstm", { dropout: 0 }, 128, 40),
  entry("char-cnn 6x192", "char-cnn", { dropout: 0 }, 32, 96),
  entry("char-transformer 4x128, nanoGPT's recipe", "char-transformer", { positions: "learned" }, 12, 64),
  entry(
    `char-transformer ${large.layers}x${large.width}`,
    "char-transformer",
    { ...large, context: 256 },
    4,
    256,
  ),
  entry(`word-rnn 1x${width}`, "word-rnn", recurrent, 32, 24, 5000),
  entry(`word-lstm 1x${width}`, "word-lstm", recurrent, 32, 24, 5000),
];

function entry(
  name: string,
  model: string,
  options: OptionValues,
  batch: number,
  length: number,
  vocabulary = 100,
) {
  return { name: `${name}, batch ${batch}x${length}`, model, options, batch, length, vocabulary };
}

export default async function zoo(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { name, ...training } of cases) {
    const unit = training.model.startsWith("word") ? "words/s" : "characters/s";
    const found = await compareTraining(training, { runs: 3, seconds: quick ? 0.1 : 1 });
    const { peerName, note, tokensPerSecond, written } = found;
    rows.push(
      row({ case: name, unit, better: "more", ...tokensPerSecond, peerName, ...(note ? { note } : {}) }),
      row({
        case: `${name}: writing`,
        unit,
        better: "more",
        ours: written,
        peer: { absent: "the twins only train" },
        peerName: "none",
      }),
    );
    if (!pythonWithTorch) continue;
    rows.push(
      row({
        case: `${name}: largest difference of 20 losses`,
        unit: "nats",
        better: "less",
        ours: await difference(training),
        peer: PARITY,
        peerName: "allowed",
      }),
    );
  }
  return rows;
}

/** The largest difference of the losses of 20 steps from the same weights and batches, at a small batch. */
async function difference({ model: type, options, vocabulary, length }: TrainingCase): Promise<number> {
  const architecture = architectureOf(type);
  const model = architecture.build(architecture.configure(options, vocabulary));
  const job = {
    model,
    weights: drawWeights(model, 1),
    batches: drawBatches(vocabulary, 4, length, 20),
    batch: 4,
    length,
    optimizer: { lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clip: 1 },
    threads: 2,
  };
  const [ours, torch] = [await trainLosses(job), await trainInTorch(job)];
  return Math.max(...ours.map((loss, k) => Math.abs(loss - torch.losses[k]!)));
}
