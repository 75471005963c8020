/** Qwen2 and Qwen2.5 (Yang et al. 2024, arXiv 2407.10671): Llama with biases on queries, keys and values. */
import { llamaMember, smallSizes } from "./llama-family.ts";

export const qwen2 = llamaMember({
  type: "qwen2",
  summary: "Qwen2 and Qwen2.5: Llama with biases on queries, keys and values",
  className: "Qwen2ForCausalLM",
  sizes: smallSizes,
  biases: () => ({ projections: true, output: false, feedForward: false }),
  slides: true,
  others: { use_sliding_window: false },
});
