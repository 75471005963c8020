/** Llama (Touvron et al. 2023, arXiv 2302.13971; Llama 3: arXiv 2407.21783), SmolLM, TinyLlama and others of its kind. */
import { readFlag } from "./config.ts";
import { llamaMember, smallSizes } from "./llama-family.ts";

export const llama = llamaMember({
  type: "llama",
  summary: "Llama, SmolLM, TinyLlama: rotary positions, gated perceptrons, shared keys and values",
  className: "LlamaForCausalLM",
  sizes: {
    ...smallSizes,
    "smollm2-135m": { layers: 30, width: 576, heads: 9, kvHeads: 3, context: 8192 },
  },
  biases(config) {
    const attention = readFlag(config, "attention_bias", false);
    return { projections: attention, output: attention, feedForward: readFlag(config, "mlp_bias", false) };
  },
  others: { attention_bias: false, mlp_bias: false },
});
