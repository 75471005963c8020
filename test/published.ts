/** What folders of published models have, written after the Hub's, in small sizes. */
import type { SafetensorsDType } from "../src/hub/safetensors.ts";
import type { ModelConfig } from "../src/models/model.ts";

export interface Published {
  readonly config: ModelConfig;
  /** Of the weights. Default F32. */
  readonly dtype?: "F32" | "F16" | "BF16";
  /** The names of a tensor in the file: none, one or several. Default: Punchline's. */
  readonly stored?: (name: string) => readonly string[];
  /** Tensors that no model needs: name, dtype, shape. */
  readonly besides?: readonly (readonly [string, SafetensorsDType, readonly number[]])[];
}

const without = (prefix: string) => (name: string) => [name.replace(prefix, "")];
/** A tied matrix under this name too. */
const twice = (from: string, to: string) => (name: string) => (name === from ? [from, to] : [name]);
/** A tied matrix under this name alone, as safetensors names it that saves each memory once. */
const instead = (from: string, to: string) => (name: string) => [name === from ? to : name];
const layers = [0, 1] as const;

const gpt2: ModelConfig = {
  activation_function: "gelu_new",
  architectures: ["GPT2LMHeadModel"],
  attn_pdrop: 0.1,
  bos_token_id: 95,
  embd_pdrop: 0.1,
  eos_token_id: 95,
  initializer_range: 0.02,
  layer_norm_epsilon: 1e-5,
  model_type: "gpt2",
  n_ctx: 32,
  n_embd: 32,
  n_head: 4,
  n_layer: 2,
  n_positions: 32,
  resid_pdrop: 0.1,
  summary_activation: null,
  summary_first_dropout: 0.1,
  summary_proj_to_labels: true,
  summary_type: "cls_index",
  summary_use_proj: true,
  task_specific_params: { "text-generation": { do_sample: true, max_length: 50 } },
  vocab_size: 96,
};

const openaiGpt: ModelConfig = {
  afn: "gelu",
  architectures: ["OpenAIGPTLMHeadModel"],
  attn_pdrop: 0.1,
  embd_pdrop: 0.1,
  initializer_range: 0.02,
  layer_norm_epsilon: 1e-5,
  model_type: "openai-gpt",
  n_ctx: 32,
  n_embd: 32,
  n_head: 4,
  n_layer: 2,
  n_positions: 32,
  n_special: 0,
  predict_special_tokens: true,
  resid_pdrop: 0.1,
  summary_activation: null,
  summary_first_dropout: 0.1,
  summary_proj_to_labels: true,
  summary_type: "cls_index",
  summary_use_proj: true,
  task_specific_params: { "text-generation": { do_sample: true, max_length: 50 } },
  vocab_size: 96,
};

const smollm2: ModelConfig = {
  architectures: ["LlamaForCausalLM"],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 0,
  eos_token_id: 0,
  hidden_act: "silu",
  hidden_size: 48,
  initializer_range: 0.041666666666666664,
  intermediate_size: 96,
  is_llama_config: true,
  max_position_embeddings: 64,
  model_type: "llama",
  num_attention_heads: 6,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_interleaved: false,
  rope_scaling: null,
  rope_theta: 100_000,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  transformers_version: "4.40.1",
  use_cache: true,
  vocab_size: 96,
};

const llama32: ModelConfig = {
  architectures: ["LlamaForCausalLM"],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 90,
  eos_token_id: [91, 92, 93],
  head_dim: 16,
  hidden_act: "silu",
  hidden_size: 64,
  initializer_range: 0.02,
  intermediate_size: 96,
  max_position_embeddings: 128,
  mlp_bias: false,
  model_type: "llama",
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: {
    factor: 32,
    high_freq_factor: 4,
    low_freq_factor: 1,
    original_max_position_embeddings: 32,
    rope_type: "llama3",
  },
  rope_theta: 500_000,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  transformers_version: "4.45.0.dev0",
  use_cache: true,
  vocab_size: 96,
};

/** As transformers 5 saves it: rotary positions in a table of their own, and `dtype`. */
const llama5: ModelConfig = {
  ...llama32,
  dtype: "bfloat16",
  torch_dtype: undefined,
  rope_scaling: undefined,
  rope_theta: undefined,
  pad_token_id: null,
  rope_parameters: { ...(llama32.rope_scaling as object), rope_theta: 500_000 },
  transformers_version: "5.0.0",
} as never;

const tinyllama: ModelConfig = {
  architectures: ["LlamaForCausalLM"],
  attention_bias: false,
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: "silu",
  hidden_size: 64,
  initializer_range: 0.02,
  intermediate_size: 96,
  max_position_embeddings: 64,
  model_type: "llama",
  num_attention_heads: 8,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  rope_theta: 10_000,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  transformers_version: "4.35.0",
  use_cache: true,
  vocab_size: 96,
};

const qwen25: ModelConfig = {
  architectures: ["Qwen2ForCausalLM"],
  attention_dropout: 0,
  bos_token_id: 94,
  eos_token_id: 95,
  hidden_act: "silu",
  hidden_size: 64,
  initializer_range: 0.02,
  intermediate_size: 96,
  max_position_embeddings: 128,
  max_window_layers: 2,
  model_type: "qwen2",
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  sliding_window: 128,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  transformers_version: "4.43.1",
  use_cache: true,
  use_mrope: false,
  use_sliding_window: false,
  vocab_size: 96,
};

const qwen3: ModelConfig = {
  architectures: ["Qwen3ForCausalLM"],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 94,
  eos_token_id: 95,
  head_dim: 32,
  hidden_act: "silu",
  hidden_size: 64,
  initializer_range: 0.02,
  intermediate_size: 96,
  max_position_embeddings: 128,
  max_window_layers: 2,
  model_type: "qwen3",
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1_000_000,
  sliding_window: null,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  transformers_version: "4.51.0",
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 96,
};

const qwen5 = (config: ModelConfig): ModelConfig =>
  ({
    ...config,
    dtype: "bfloat16",
    torch_dtype: undefined,
    layer_types: ["full_attention", "full_attention"],
    rope_parameters: { rope_theta: config.rope_theta, rope_type: "default" },
    rope_scaling: undefined,
    rope_theta: undefined,
    sliding_window: null,
    pad_token_id: null,
    transformers_version: "5.0.0",
  }) as never;

const pythia: ModelConfig = {
  architectures: ["GPTNeoXForCausalLM"],
  bos_token_id: 0,
  eos_token_id: 0,
  hidden_act: "gelu",
  hidden_size: 64,
  initializer_range: 0.02,
  intermediate_size: 128,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 64,
  model_type: "gpt_neox",
  num_attention_heads: 4,
  num_hidden_layers: 2,
  rotary_emb_base: 10_000,
  rotary_pct: 0.25,
  tie_word_embeddings: false,
  torch_dtype: "float16",
  transformers_version: "4.24.0",
  use_cache: true,
  use_parallel_residual: true,
  vocab_size: 96,
};

const pythia5: ModelConfig = {
  ...pythia,
  attention_bias: true,
  attention_dropout: 0,
  classifier_dropout: 0.1,
  dtype: "float16",
  hidden_dropout: 0,
  is_decoder: false,
  pad_token_id: null,
  torch_dtype: undefined,
  rope_parameters: { partial_rotary_factor: 0.25, rope_theta: 10_000, rope_type: "default" },
  rotary_emb_base: undefined,
  rotary_pct: undefined,
  transformers_version: "5.0.0",
} as never;

const bert: ModelConfig = {
  architectures: ["BertForMaskedLM"],
  attention_probs_dropout_prob: 0.1,
  gradient_checkpointing: false,
  hidden_act: "gelu",
  hidden_dropout_prob: 0.1,
  hidden_size: 64,
  initializer_range: 0.02,
  intermediate_size: 96,
  layer_norm_eps: 1e-12,
  max_position_embeddings: 64,
  model_type: "bert",
  num_attention_heads: 4,
  num_hidden_layers: 2,
  pad_token_id: 0,
  position_embedding_type: "absolute",
  transformers_version: "4.6.0.dev0",
  type_vocab_size: 2,
  use_cache: true,
  vocab_size: 96,
};

const distilbert: ModelConfig = {
  activation: "gelu",
  architectures: ["DistilBertForMaskedLM"],
  attention_dropout: 0.1,
  dim: 64,
  dropout: 0.1,
  hidden_dim: 96,
  initializer_range: 0.02,
  max_position_embeddings: 64,
  model_type: "distilbert",
  n_heads: 4,
  n_layers: 2,
  pad_token_id: 0,
  qa_dropout: 0.1,
  seq_classif_dropout: 0.2,
  sinusoidal_pos_embds: false,
  tie_weights_: true,
  transformers_version: "4.10.0.dev0",
  vocab_size: 96,
};

const roberta: ModelConfig = {
  architectures: ["RobertaForMaskedLM"],
  attention_probs_dropout_prob: 0.1,
  bos_token_id: 0,
  eos_token_id: 2,
  hidden_act: "gelu",
  hidden_dropout_prob: 0.1,
  hidden_size: 64,
  initializer_range: 0.02,
  intermediate_size: 96,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 66,
  model_type: "roberta",
  num_attention_heads: 4,
  num_hidden_layers: 2,
  pad_token_id: 1,
  type_vocab_size: 1,
  vocab_size: 96,
};

const modernbert: ModelConfig = {
  architectures: ["ModernBertForMaskedLM"],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 81,
  classifier_activation: "gelu",
  classifier_bias: false,
  classifier_dropout: 0,
  classifier_pooling: "mean",
  cls_token_id: 81,
  decoder_bias: true,
  deterministic_flash_attn: false,
  embedding_dropout: 0,
  eos_token_id: 82,
  global_attn_every_n_layers: 3,
  global_rope_theta: 160_000,
  gradient_checkpointing: false,
  hidden_activation: "gelu",
  hidden_size: 64,
  initializer_cutoff_factor: 2,
  initializer_range: 0.02,
  intermediate_size: 96,
  layer_norm_eps: 1e-5,
  local_attention: 6,
  local_rope_theta: 10_000,
  max_position_embeddings: 64,
  mlp_bias: false,
  mlp_dropout: 0,
  model_type: "modernbert",
  norm_bias: false,
  norm_eps: 1e-5,
  num_attention_heads: 4,
  num_hidden_layers: 4,
  pad_token_id: 83,
  position_embedding_type: "absolute",
  repad_logits_with_grad: false,
  sep_token_id: 82,
  sparse_pred_ignore_index: -100,
  sparse_prediction: false,
  torch_dtype: "float32",
  transformers_version: "4.47.0.dev0",
  vocab_size: 96,
};

const modernbert5: ModelConfig = {
  ...modernbert,
  global_attn_every_n_layers: undefined,
  global_rope_theta: undefined,
  local_rope_theta: undefined,
  torch_dtype: undefined,
  dtype: "float32",
  layer_types: ["full_attention", "sliding_attention", "sliding_attention", "full_attention"],
  rope_parameters: {
    full_attention: { rope_theta: 160_000, rope_type: "default" },
    sliding_attention: { rope_theta: 10_000, rope_type: "default" },
  },
  tie_word_embeddings: true,
  transformers_version: "5.0.0",
} as never;

const bertsBesides: Published["besides"] = [
  ["bert.embeddings.position_ids", "I64", [1, 64]],
  ["bert.pooler.dense.weight", "F32", [64, 64]],
  ["bert.pooler.dense.bias", "F32", [64]],
  ["cls.seq_relationship.weight", "F32", [2, 64]],
  ["cls.seq_relationship.bias", "F32", [2]],
];
const masksOf = (prefix: string, bias: SafetensorsDType): NonNullable<Published["besides"]> =>
  layers.flatMap((k) => [
    [`${prefix}h.${k}.attn.bias`, bias, [1, 1, 32, 32]],
    [`${prefix}h.${k}.attn.masked_bias`, "F32", []],
  ]);

/** By the models that have them. */
export const published: Readonly<Record<string, Published>> = {
  "openai-gpt": {
    config: openaiGpt,
    stored: twice("transformer.tokens_embed.weight", "lm_head.weight"),
    besides: masksOf("transformer.", "F32").filter(([name]) => !name.includes("masked")),
  },
  "openai-gpt, each memory saved once": {
    config: openaiGpt,
    stored: instead("transformer.tokens_embed.weight", "lm_head.weight"),
  },
  gpt2: { config: gpt2, stored: without("transformer."), besides: masksOf("", "F32") },
  "distilgpt2, with its head": {
    config: { ...gpt2, _num_labels: 1, id2label: { "0": "LABEL_0" } } as never,
    stored: twice("transformer.wte.weight", "lm_head.weight"),
    besides: masksOf("transformer.", "BOOL"),
  },
  "gpt2, each memory saved once": {
    config: gpt2,
    stored: instead("transformer.wte.weight", "lm_head.weight"),
  },
  SmolLM: { config: { ...smollm2, rope_interleaved: undefined, rope_theta: 10_000 } as never },
  "SmolLM2, with settings for transformers.js": {
    config: {
      ...smollm2,
      "transformers.js_config": { dtype: "q4", kv_cache_dtype: { q4f16: "float16", fp16: "float16" } },
    } as never,
    dtype: "BF16",
  },
  "Llama 3.2": { config: llama32, dtype: "BF16" },
  "Llama 3.2, with its tied head": {
    config: llama32,
    stored: twice("model.embed_tokens.weight", "lm_head.weight"),
  },
  "Llama 3.2, of the class without a head, which is tied": {
    config: { ...llama32, architectures: ["LlamaModel"] },
    stored: without("model."),
  },
  "Llama 3.2, saved by transformers 5": { config: llama5, dtype: "BF16" },
  TinyLlama: { config: tinyllama, dtype: "BF16" },
  "TinyLlama, tied or not where nobody says": {
    config: { ...tinyllama, tie_word_embeddings: undefined, num_key_value_heads: 8 } as never,
    dtype: "F16",
    besides: layers.map((k) => [`model.layers.${k}.self_attn.rotary_emb.inv_freq`, "F32", [4]]),
  },
  "Qwen2.5": { config: qwen25, dtype: "BF16" },
  "Qwen2.5, saved by transformers 5": { config: qwen5(qwen25), dtype: "BF16" },
  "Qwen3, with its tied head": {
    config: qwen3,
    dtype: "BF16",
    stored: twice("model.embed_tokens.weight", "lm_head.weight"),
  },
  "Qwen3, saved by transformers 5": { config: qwen5(qwen3) },
  Pythia: {
    config: pythia,
    dtype: "F16",
    besides: layers.flatMap((k) => [
      [`gpt_neox.layers.${k}.attention.bias`, "BOOL", [1, 1, 64, 64]],
      [`gpt_neox.layers.${k}.attention.masked_bias`, "F16", []],
      [`gpt_neox.layers.${k}.attention.rotary_emb.inv_freq`, "F16", [2]],
    ]),
  },
  "Pythia, saved by transformers 5": { config: pythia5, dtype: "F16" },
  "GPT-NeoX, tied, each memory saved once": {
    config: { ...pythia, tie_word_embeddings: true },
    stored: instead("gpt_neox.embed_in.weight", "embed_out.weight"),
  },
  "BERT, with gamma and beta": {
    config: bert,
    stored: (name) =>
      /LayerNorm/.test(name) ? [name.replace(/weight$/, "gamma").replace(/bias$/, "beta")] : [name],
    besides: bertsBesides,
  },
  "BERT, with its tied head": {
    config: { ...bert, architectures: ["BertForPreTraining"], classifier_dropout: null } as never,
    stored: (name) =>
      name === "cls.predictions.bias"
        ? [name, "cls.predictions.decoder.bias"]
        : twice("bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight")(name),
    besides: bertsBesides,
  },
  DistilBERT: {
    config: distilbert,
    stored: twice("distilbert.embeddings.word_embeddings.weight", "vocab_projector.weight"),
  },
  RoBERTa: {
    config: roberta,
    stored: (name) =>
      name === "lm_head.bias"
        ? [name, "lm_head.decoder.bias"]
        : twice("roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight")(name),
    besides: [
      ["roberta.embeddings.position_ids", "I64", [1, 66]],
      ["roberta.pooler.dense.weight", "F32", [64, 64]],
      ["roberta.pooler.dense.bias", "F32", [64]],
    ],
  },
  "DistilRoBERTa, each memory saved once": {
    config: roberta,
    stored: instead("roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight"),
  },
  ModernBERT: {
    config: modernbert,
    stored: twice("model.embeddings.tok_embeddings.weight", "decoder.weight"),
  },
  "ModernBERT, each memory saved once": {
    config: modernbert,
    stored: instead("model.embeddings.tok_embeddings.weight", "decoder.weight"),
  },
  "ModernBERT, saved by transformers 5": { config: modernbert5 },
};

const linear = (name: string, outputs: number, inputs = 64): NonNullable<Published["besides"]> => [
  [`${name}.weight`, "F32", [outputs, inputs]],
  [`${name}.bias`, "F32", [outputs]],
];
/** Saved without the tensors that begin like this. */
const lacking =
  (begins: RegExp, prefix = "") =>
  (name: string) =>
    begins.test(name) ? [] : [name.replace(prefix, "")];

/** Models of these families that score no tokens, by what they are, with the first tensor that is missing. */
export const headless: Readonly<Record<string, Published & { readonly missing: string }>> = {
  "vectors of sentences, by BERT": {
    config: { ...bert, architectures: ["BertModel"] },
    stored: lacking(/^cls\./, "bert."),
    besides: [["embeddings.position_ids", "I64", [1, 64]], ...linear("pooler.dense", 64)],
    missing: "cls.predictions.transform.dense.weight",
  },
  "feelings, by DistilBERT": {
    config: { ...distilbert, architectures: ["DistilBertForSequenceClassification"] },
    stored: lacking(/^vocab_/),
    besides: [...linear("pre_classifier", 64), ...linear("classifier", 2)],
    missing: "vocab_transform.weight",
  },
  "feelings, by RoBERTa": {
    config: { ...roberta, architectures: ["RobertaForSequenceClassification"] },
    stored: lacking(/^lm_head\./),
    besides: [...linear("classifier.dense", 64), ...linear("classifier.out_proj", 3)],
    missing: "lm_head.dense.weight",
  },
  "ModernBERT of the class without a head": {
    config: { ...modernbert, architectures: ["ModernBertModel"] },
    stored: lacking(/^(head|decoder)\./, "model."),
    missing: "head.dense.weight",
  },
  "a reward, by Llama": {
    config: { ...tinyllama, architectures: ["LlamaForSequenceClassification"] },
    stored: lacking(/^lm_head\./),
    besides: [["score.weight", "F32", [1, 64]]],
    missing: "lm_head.weight",
  },
  "Pythia of the class without a head": {
    config: { ...pythia, architectures: ["GPTNeoXModel"] },
    stored: lacking(/^embed_out\./, "gpt_neox."),
    missing: "embed_out.weight",
  },
};
