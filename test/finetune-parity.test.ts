/** Fine-tuning each family against PyTorch: all weights, the later layers, adapters. */
import { describe, expect, it } from "vitest";
import { Random } from "../src/core/random.ts";
import type { LoraOptions } from "../src/models/lora.ts";
import { architectureOf } from "../src/models/registry.ts";
import { normal } from "../src/nn/parameters.ts";
import { adaptModel } from "../src/train/setup.ts";
import { pythonWithTorch } from "./torch/python.ts";
import { trainInTorch } from "./torch/torch.ts";
import { drawBatches, drawWeights, trainLosses } from "./torch/train.ts";

const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clip: 1 };
const [vocabulary, batch, length, steps] = [40, 6, 12, 20] as const;
const sizes = { layers: 3, width: 48, heads: 4, context: 16, dropout: 0 };

interface Case {
  readonly title: string;
  readonly type: string;
  readonly lora?: Partial<LoraOptions>;
  readonly freezeLayers?: number;
  /** What config.json has besides. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Default: 1e-2 of adapters, else 3e-3. */
  readonly lr?: number;
}
const cases: readonly Case[] = [
  { title: "all of gpt2", type: "gpt2" },
  { title: "gpt2 with LoRA", type: "gpt2", lora: {} },
  {
    title: "gpt2 with LoRA elsewhere",
    type: "gpt2",
    lora: { rank: 3, alpha: 5, targets: ["c_attn", "c_fc", "mlp.c_proj"] },
  },
  { title: "the last layer of gpt2", type: "gpt2", freezeLayers: 2 },
  { title: "all of bert", type: "bert" },
  { title: "bert with LoRA", type: "bert", lora: { alpha: 64 } },
  { title: "two layers of bert", type: "bert", freezeLayers: 1 },
  { title: "all of llama", type: "llama" },
  { title: "llama with LoRA", type: "llama", lora: {} },
  {
    title: "llama with LoRA everywhere",
    type: "llama",
    // At a higher rate, what rounding changes grows tenfold with each step.
    lr: 3e-3,
    lora: { rank: 3, targets: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] },
  },
  { title: "the last layer of llama", type: "llama", freezeLayers: 2 },
  { title: "all of qwen2", type: "qwen2" },
  { title: "qwen2 with LoRA", type: "qwen2", lora: {} },
  {
    title: "all of qwen2 with windows",
    type: "qwen2",
    config: { use_sliding_window: true, sliding_window: 4, max_window_layers: 1 },
  },
  { title: "all of qwen3", type: "qwen3" },
  { title: "qwen3 with LoRA", type: "qwen3", lora: {} },
  { title: "all of gpt_neox", type: "gpt_neox" },
  { title: "gpt_neox with LoRA", type: "gpt_neox", lora: {} },
  { title: "all of openai-gpt", type: "openai-gpt" },
  { title: "openai-gpt with LoRA", type: "openai-gpt", lora: {} },
  { title: "all of roberta", type: "roberta" },
  { title: "roberta with LoRA", type: "roberta", lora: {} },
  { title: "the last layer of roberta", type: "roberta", freezeLayers: 2 },
  { title: "all of modernbert", type: "modernbert" },
  { title: "modernbert with LoRA", type: "modernbert", lora: {} },
  { title: "distilbert with LoRA", type: "distilbert", lora: { targets: ["q_lin", "v_lin", "lin1"] } },
];

describe.skipIf(!pythonWithTorch)(
  `losses of PyTorch${pythonWithTorch ? "" : " (skipped: no python3 with torch)"}`,
  () => {
    it.each(cases)(
      `$type, $config, LoRA $lora, frozen $freezeLayers: ${steps} steps`,
      async ({ type, config, lr, ...options }) => {
        const architecture = architectureOf(type);
        const base = architecture.build({ ...architecture.configure(sizes, vocabulary), ...config });
        const { model, trainable, adapter } = adaptModel(base, options);
        const maps = [...trainable].flatMap((name) => /(.*)\.lora_A\.weight$/.exec(name)?.[1] ?? []);
        const job = {
          model,
          trainable,
          weights: drawWeights(model, 1),
          batches: drawBatches(vocabulary, batch, length, steps),
          batch,
          length,
          optimizer: { ...optimizer, lr: lr ?? (options.lora ? 1e-2 : 3e-3) },
          threads: 1,
          ...(adapter
            ? { lora: { maps, scale: adapter.alpha / adapter.rank, inputsFirst: adapter.inputsFirst } }
            : {}),
        };
        // An adapter begins as nothing: B is zeros. Here it is not, so that the first loss tells of it already.
        for (const name of maps) normal(0.05)(job.weights.get(`${name}.lora_B.weight`)!, new Random(2, name));
        const [ours, torch] = [await trainLosses(job), await trainInTorch(job)];
        expect(torch.losses).toHaveLength(steps);
        const sum = (losses: readonly number[]) => losses.reduce((total, loss) => total + loss, 0);
        expect(sum(torch.losses.slice(-5))).toBeLessThan(sum(torch.losses.slice(0, 5)) - 0.05);
        expect(Math.max(...ours.map((loss, k) => Math.abs(loss - torch.losses[k]!)))).toBeLessThan(1e-4);
      },
    );
  },
);
