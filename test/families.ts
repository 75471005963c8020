/** The families of transformers as folders of the Hub describe them: small ones, of random weights. */
import type { ModelConfig } from "../src/models/model.ts";

/** The parts of config.json that a folder of the Hub has and that change nothing. */
const shared = {
  bos_token_id: 1,
  eos_token_id: 2,
  initializer_range: 0.08,
  transformers_version: "4.41.2",
  torch_dtype: "float32",
  use_cache: true,
};

const llama = {
  ...shared,
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  vocab_size: 96,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  hidden_act: "silu",
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  rope_scaling: null,
  attention_bias: false,
  attention_dropout: 0,
  mlp_bias: false,
  pretraining_tp: 1,
  tie_word_embeddings: false,
};

const qwen2 = {
  ...llama,
  architectures: ["Qwen2ForCausalLM"],
  model_type: "qwen2",
  attention_bias: undefined,
  mlp_bias: undefined,
  rope_theta: 1_000_000,
  sliding_window: 32,
  max_window_layers: 2,
  use_sliding_window: false,
  tie_word_embeddings: true,
};

const gptNeox = {
  ...shared,
  architectures: ["GPTNeoXForCausalLM"],
  model_type: "gpt_neox",
  vocab_size: 96,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  max_position_embeddings: 64,
  hidden_act: "gelu",
  layer_norm_eps: 1e-5,
  rotary_pct: 0.25,
  rotary_emb_base: 10_000,
  use_parallel_residual: true,
  tie_word_embeddings: false,
};

/** A base model of each family. */
export const families = {
  llama,
  qwen2,
  qwen3: {
    ...qwen2,
    architectures: ["Qwen3ForCausalLM"],
    model_type: "qwen3",
    attention_bias: false,
    head_dim: 32,
  },
  gpt_neox: gptNeox,
} as const satisfies Readonly<Record<string, ModelConfig>>;

/** What folders of the Hub vary in, by family. */
export const variants: readonly (readonly [
  title: string,
  family: keyof typeof families,
  change: Readonly<Record<string, unknown>>,
])[] = [
  ["llama", "llama", {}],
  [
    "llama as Llama 3.2: tied, scaled in bands",
    "llama",
    {
      tie_word_embeddings: true,
      rope_theta: 500_000,
      head_dim: 16,
      rope_scaling: {
        factor: 32,
        high_freq_factor: 4,
        low_freq_factor: 1,
        original_max_position_embeddings: 32,
        rope_type: "llama3",
      },
    },
  ],
  [
    "llama with biases, one head of keys, positions at half the distance",
    "llama",
    {
      attention_bias: true,
      mlp_bias: true,
      num_key_value_heads: 1,
      rope_scaling: { type: "linear", factor: 2 },
    },
  ],
  [
    "llama as the first one: as many heads of keys as of queries, named nowhere",
    "llama",
    {
      num_key_value_heads: undefined,
      rope_scaling: undefined,
      attention_bias: undefined,
      mlp_bias: undefined,
    },
  ],
  ["qwen2", "qwen2", {}],
  ["qwen3 with heads wider than the width", "qwen3", {}],
  ["gpt_neox", "gpt_neox", {}],
  [
    "gpt_neox in turn, all of a head rotary, tied",
    "gpt_neox",
    {
      use_parallel_residual: false,
      rotary_pct: 1,
      tie_word_embeddings: true,
      hidden_act: "gelu_fast",
    },
  ],
];

/** The configuration of a variant. */
export const configOf = (family: keyof typeof families, change: Readonly<Record<string, unknown>> = {}) =>
  ({ ...families[family], ...change }) as ModelConfig;
