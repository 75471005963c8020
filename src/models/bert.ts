/**
 * BERT (Devlin et al. 2018, arXiv 1810.04805) and DistilBERT (Sanh et al. 2019, arXiv 1910.01108), with the names,
 * layouts and config.json of Hugging Face.
 */
import { EPSILON, maskedEncoder } from "./masked-encoder.ts";

/** The published small ones of Turc et al. 2019 (arXiv 1908.08962), and the first two. */
export const bertSizes = {
  tiny: { layers: 2, width: 128, heads: 2, context: 512 },
  mini: { layers: 4, width: 256, heads: 4, context: 512 },
  small: { layers: 4, width: 512, heads: 8, context: 512 },
  base: { layers: 12, width: 768, heads: 12, context: 512 },
  large: { layers: 24, width: 1024, heads: 16, context: 512 },
};
const distilbertSizes = { tiny: bertSizes.tiny, base: { ...bertSizes.base, layers: 6 } };

export const bert = maskedEncoder({
  type: "bert",
  summary: "transformer encoder that fills masks, reading in both directions",
  sizes: bertSizes,
  loraTargets: ["query", "value"],
  className: "BertForMaskedLM",
  keys: {
    width: "hidden_size",
    layers: "num_hidden_layers",
    heads: "num_attention_heads",
    inner: "intermediate_size",
    activation: "hidden_act",
    hiddenDropout: "hidden_dropout_prob",
    attentionDropout: "attention_probs_dropout_prob",
  },
  others: { type_vocab_size: 2, initializer_range: 0.02, layer_norm_eps: EPSILON },
  names: {
    embeddings: "bert.embeddings",
    layer: (k) => `bert.encoder.layer.${k}`,
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
    transform: "cls.predictions.transform.dense",
    transformNorm: "cls.predictions.transform.LayerNorm",
    head: "cls.predictions.decoder",
    headBias: "cls.predictions.bias",
  },
});

export const distilbert = maskedEncoder({
  type: "distilbert",
  summary: "BERT with half the layers, distilled",
  sizes: distilbertSizes,
  loraTargets: ["q_lin", "v_lin"],
  className: "DistilBertForMaskedLM",
  keys: {
    width: "dim",
    layers: "n_layers",
    heads: "n_heads",
    inner: "hidden_dim",
    activation: "activation",
    hiddenDropout: "dropout",
    attentionDropout: "attention_dropout",
  },
  others: { initializer_range: 0.02, sinusoidal_pos_embds: false },
  hasVariants: false,
  names: {
    embeddings: "distilbert.embeddings",
    layer: (k) => `distilbert.transformer.layer.${k}`,
    block: {
      query: "attention.q_lin",
      key: "attention.k_lin",
      value: "attention.v_lin",
      attentionOutput: "attention.out_lin",
      attentionNorm: "sa_layer_norm",
      inner: "ffn.lin1",
      outer: "ffn.lin2",
      outputNorm: "output_layer_norm",
    },
    transform: "vocab_transform",
    transformNorm: "vocab_layer_norm",
    head: "vocab_projector",
    headBias: "vocab_projector.bias",
  },
});
