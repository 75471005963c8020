/** Qwen3 (Yang et al. 2025, arXiv 2505.09388): Llama with norms on each head's queries and keys. */
import { readFlag } from "./config.ts";
import { llamaMember, smallSizes } from "./llama-family.ts";

export const qwen3 = llamaMember({
  type: "qwen3",
  summary: "Qwen3: Llama with norms on each head's queries and keys",
  className: "Qwen3ForCausalLM",
  sizes: smallSizes,
  biases(config) {
    const attention = readFlag(config, "attention_bias", false);
    return { projections: attention, output: attention, feedForward: false };
  },
  normsHeads: true,
  slides: true,
  others: { attention_bias: false, use_sliding_window: false },
});
