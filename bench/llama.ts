/**
 * A Llama of SmolLM2-135M's shape (random weights): writing after a prompt of 256 tokens in 32, 8 and 4 bits beside
 * llama.cpp, and one step of LoRA (forward, backward, clipping, AdamW) beside PyTorch's, all on two threads.
 */
import { llama } from "../src/models/llama.ts";
import type { Model } from "../src/models/model.ts";
import { adaptModel } from "../src/train/setup.ts";
import { pythonWithTorch } from "../test/torch/python.ts";
import { trainInTorch } from "../test/torch/torch.ts";
import { drawBatches, drawWeights } from "../test/torch/train.ts";
import { type BenchRow, median, row } from "./bench.ts";
import { writeModel } from "./gpt2/folder.ts";
import { startNode } from "./python.ts";
import { compareWriting } from "./writing/decode.ts";

const VOCABULARY = 49_152;
const PROMPT = 256;
const [batch, length] = [4, 256] as const;
const STEPS = 2;
const title = "SmolLM2-135M's shape";

const shape = (): Model => llama.build(llama.configure({ config: "smollm2-135m" }, VOCABULARY));

export default async function llamaBench(): Promise<BenchRow[]> {
  const write = (folder: string) => writeModel(shape(), folder);
  return [...(await compareWriting({ title, write, prompt: PROMPT, runs: 3 })), ...(await lora())];
}

async function lora(): Promise<BenchRow[]> {
  const ours = startNode(new URL("peers/gpt2-step.ts", import.meta.url));
  try {
    const sizes = { architecture: "llama", config: "smollm2-135m", vocabulary: VOCABULARY, batch, length };
    await ours.ask({ op: "setup", ...sizes, lora: true });
    const rates: number[] = [];
    for (let run = -1; run < STEPS; run++) {
      const { seconds } = await ours.ask<{ seconds: number }>({ op: "train" });
      if (run >= 0) rates.push((batch * length) / seconds);
    }
    const { megabytes } = await ours.ask<{ megabytes: number }>({ op: "memory" });
    const theirs = await torch();
    const absent = { absent: "no python3 with torch" };
    const figures = { case: `${title}, LoRA, batch ${batch}x${length}`, peerName: theirs?.name ?? "PyTorch" };
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
  const { model, trainable, adapter } = adaptModel(shape(), { lora: {} });
  const maps = [...trainable].flatMap((name) => /(.*)\.lora_A\.weight$/.exec(name)?.[1] ?? []);
  const { version, seconds, peakMB } = await trainInTorch({
    model,
    trainable,
    weights: drawWeights(model, 1),
    batches: drawBatches(VOCABULARY, batch, length, STEPS + 1),
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
