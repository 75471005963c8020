/**
 * RoBERTa (Liu et al. 2019, arXiv 1907.11692) and DistilRoBERTa, with the names, layouts and config.json of Hugging
 * Face: BERT without sentence pairs, with byte-level BPE, and with positions that begin behind the id of the padding.
 */
import { bertSizes } from "./bert.ts";
import { readTokenId } from "./config.ts";
import { maskedEncoder } from "./masked-encoder.ts";

const EPSILON = 1e-5;

export const roberta = maskedEncoder({
  type: "roberta",
  summary: "RoBERTa and DistilRoBERTa: BERT's blocks over byte-level BPE",
  sizes: { ...bertSizes, distilroberta: { ...bertSizes.base, layers: 6 } },
  tokens: "masked-bpe",
  loraTargets: ["query", "value"],
  className: "RobertaForMaskedLM",
  keys: {
    width: "hidden_size",
    layers: "num_hidden_layers",
    heads: "num_attention_heads",
    inner: "intermediate_size",
    activation: "hidden_act",
    hiddenDropout: "hidden_dropout_prob",
    attentionDropout: "attention_probs_dropout_prob",
  },
  others: { type_vocab_size: 1, initializer_range: 0.02, layer_norm_eps: EPSILON, pad_token_id: 1 },
  epsilon: EPSILON,
  firstPosition: (config) => (config.pad_token_id == null ? 1 : readTokenId(config, "pad_token_id")!) + 1,
  names: {
    embeddings: "roberta.embeddings",
    layer: (k) => `roberta.encoder.layer.${k}`,
    block: {
      query: "attention.self.query",
      key: "attention.self.key",
      value: "attention.self.value",
      attentionOutput: "attention.output.dense",
      attentionNorm: "attention.output.LayerNorm",
      inner: "intermediate.dense",
      outer: "output.dense",
      outputNorm: "output.LayerNorm",
    },
    transform: "lm_head.dense",
    transformNorm: "lm_head.layer_norm",
    head: "lm_head.decoder",
    headBias: "lm_head.bias",
  },
});
