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

const openaiGpt = {
  ...shared,
  architectures: ["OpenAIGPTLMHeadModel"],
  model_type: "openai-gpt",
  vocab_size: 96,
  n_embd: 64,
  n_layer: 2,
  n_head: 4,
  n_positions: 64,
  n_ctx: 64,
  afn: "gelu",
  attn_pdrop: 0.1,
  embd_pdrop: 0.1,
  resid_pdrop: 0.1,
  layer_norm_epsilon: 1e-5,
  n_special: 0,
  predict_special_tokens: true,
  summary_type: "cls_index",
  summary_use_proj: true,
};

const roberta = {
  ...shared,
  architectures: ["RobertaForMaskedLM"],
  model_type: "roberta",
  vocab_size: 96,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  max_position_embeddings: 66,
  type_vocab_size: 1,
  hidden_act: "gelu",
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  layer_norm_eps: 1e-5,
  pad_token_id: 1,
};

const modernbert = {
  ...shared,
  architectures: ["ModernBertForMaskedLM"],
  model_type: "modernbert",
  vocab_size: 96,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  max_position_embeddings: 64,
  hidden_activation: "gelu",
  classifier_activation: "gelu",
  classifier_bias: false,
  classifier_dropout: 0,
  classifier_pooling: "mean",
  decoder_bias: true,
  deterministic_flash_attn: false,
  embedding_dropout: 0,
  attention_bias: false,
  attention_dropout: 0,
  mlp_bias: false,
  mlp_dropout: 0,
  norm_bias: false,
  norm_eps: 1e-5,
  global_attn_every_n_layers: 3,
  local_attention: 6,
  global_rope_theta: 160_000,
  local_rope_theta: 10_000,
  pad_token_id: 0,
  reference_compile: null,
  repad_logits_with_grad: false,
  sparse_pred_ignore_index: -100,
  sparse_prediction: false,
};

/** A base model of each family that fills masks. */
export const maskedFamilies = { roberta, modernbert } as const satisfies Readonly<
  Record<string, ModelConfig>
>;

/** A base model of each family that writes. */
export const families = {
  "openai-gpt": openaiGpt,
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
  [
    "qwen2 with a window in its second layer",
    "qwen2",
    { use_sliding_window: true, sliding_window: 4, max_window_layers: 1 },
  ],
  [
    "qwen3 with windows alone, by kinds of layers",
    "qwen3",
    {
      use_sliding_window: true,
      sliding_window: 3,
      max_window_layers: 0,
      layer_types: ["sliding_attention", "sliding_attention"],
    },
  ],
  ["openai-gpt", "openai-gpt", {}],
  [
    "openai-gpt with another activation and a head of its own",
    "openai-gpt",
    { afn: "swish", tie_word_embeddings: false },
  ],
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

/** What folders of the Hub vary in, of models that fill masks. */
export const maskedVariants: readonly (readonly [
  title: string,
  family: keyof typeof maskedFamilies,
  change: Readonly<Record<string, unknown>>,
])[] = [
  ["roberta", "roberta", {}],
  [
    "roberta with another padding, and a head of its own",
    "roberta",
    { pad_token_id: 4, tie_word_embeddings: false },
  ],
  ["modernbert", "modernbert", {}],
  [
    "modernbert with all biases, kinds by layer, one base, and a head of its own",
    "modernbert",
    {
      attention_bias: true,
      mlp_bias: true,
      norm_bias: true,
      classifier_bias: true,
      decoder_bias: false,
      hidden_activation: "gelu_new",
      classifier_activation: "relu",
      local_rope_theta: null,
      layer_types: ["sliding_attention", "full_attention", "full_attention", "sliding_attention"],
      tie_word_embeddings: false,
    },
  ],
];

/** The configuration of a variant. */
export const configOf = (
  family: keyof typeof families | keyof typeof maskedFamilies,
  change: Readonly<Record<string, unknown>> = {},
) => ({ ...{ ...families, ...maskedFamilies }[family], ...change }) as ModelConfig;
