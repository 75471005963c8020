/**
 * One step of LoRA (forward, backward, clipping, AdamW) of a Llama of SmolLM2-135M's shape (random weights), a batch of 4
 * rows of 256 tokens, on two threads, beside PyTorch's: its speed and the memory that it takes.
 */
import { adaptModel } from "../src/train/setup.ts";
import { pythonWithTorch } from "../test/torch/python.ts";
import { trainInTorch } from "../test/torch/torch.ts";
import { drawBatches, drawWeights } from "../test/torch/train.ts";
import { type BenchRow, median, row } from "./bench.ts";
import { SMOL_VOCABULARY, smolModel, smolTitle } from "./gpt2/smol.ts";
import { startNode } from "./python.ts";
import { fewest } from "./quick.ts";

const [batch, length] = [4, 256] as const;
const STEPS = fewest(2);

export default async function llamaLora(): Promise<BenchRow[]> {
  const ours = startNode(new URL("peers/gpt2-step.ts", import.meta.url));
  try {
    const sizes = {
      architecture: "llama",
      config: "smollm2-135m",
      vocabulary: SMOL_VOCABULARY,
      batch,
      length,
    };
    await ours.ask({ op: "setup", ...sizes, lora: true });
    const rates: number[] = [];
    for (let run = -1; run < STEPS; run++) {
      const { seconds } = await ours.ask<{ seconds: number }>({ op: "train" });
      if (run >= 0) rates.push((batch * length) / seconds);
    }
    const { megabytes } = await ours.ask<{ megabytes: number }>({ op: "memory" });
    const theirs = await torch();
    const absent = { absent: "no python3 with torch" };
    const figures = {
      case: `${smolTitle}, LoRA, batch ${batch}x${length}`,
      peerName: theirs?.name ?? "PyTorch",
    };
    return [
      row({
        ...figures,
        unit: "tokens/s",
        better: "more",
        ours: median(rates),
        peer: theirs?.rate ?? absent,
      }),
      row({
        ...figures,
        case: `${figures.case}: peak memory`,
        unit: "MB",
        better: "less",
        ours: megabytes,
        peer: theirs?.megabytes ?? absent,
      }),
    ];
  } finally {
    await ours.stop();
  }
}

/** The same step in PyTorch (test/torch), which adds B · A to each adapted matrix. */
async function torch() {
  if (!pythonWithTorch) return undefined;
  const { model, trainable, adapter } = adaptModel(smolModel(), { lora: {} });
  const maps = [...trainable].flatMap((name) => /(.*)\.lora_A\.weight$/.exec(name)?.[1] ?? []);
  const { version, seconds, peakMB } = await trainInTorch({
    model,
    trainable,
    weights: drawWeights(model, 1),
    batches: drawBatches(SMOL_VOCABULARY, batch, length, STEPS + 1),
    batch,
    length,
    optimizer: { lr: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clip: 1 },
    threads: 2,
    lora: { maps, scale: adapter!.alpha / adapter!.rank, inputsFirst: false },
  });
  return {
    name: `PyTorch ${version}`,
    rate: median(seconds.slice(1).map((s) => (batch * length) / s)),
    megabytes: peakMB,
  };
}
