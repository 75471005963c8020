/**
 * Masked language models: BERT (Devlin et al. 2018, arXiv 1810.04805) and DistilBERT (Sanh et al. 2019,
 * arXiv 1910.01108), with the names, layouts and config.json of Hugging Face.
 */
import { InputError } from "../core/errors.ts";
import { activations } from "../nn/transformer.ts";
import { readChoice, readFlag, readHeads, readNumber, readProbability, readSize } from "./config.ts";
import { defineArchitecture } from "./define.ts";
import { buildMaskedEncoder, type MaskedEncoderConfig, type MaskedEncoderNames } from "./masked-encoder.ts";
import type { CheckpointMapping, ModelConfig } from "./model.ts";
import { choice, fraction, integer } from "./options.ts";

interface Sizes {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly context: number;
}

/** The published small ones of Turc et al. 2019 (arXiv 1908.08962), and the first two. */
const bertSizes: Readonly<Record<string, Sizes>> = {
  tiny: { layers: 2, width: 128, heads: 2, context: 512 },
  mini: { layers: 4, width: 256, heads: 4, context: 512 },
  small: { layers: 4, width: 512, heads: 8, context: 512 },
  base: { layers: 12, width: 768, heads: 12, context: 512 },
  large: { layers: 24, width: 1024, heads: 16, context: 512 },
};
const distilbertSizes: Readonly<Record<string, Sizes>> = {
  tiny: bertSizes.tiny!,
  base: { ...bertSizes.base!, layers: 6 },
};

const optionsOf = (sizes: Readonly<Record<string, Sizes>>) => ({
  config: choice("tiny", Object.keys(sizes), "a usual size; the options below change it"),
  layers: integer(sizes.tiny!.layers, "encoder blocks, one above the other"),
  width: integer(sizes.tiny!.width, "numbers that stand for one token"),
  heads: integer(sizes.tiny!.heads, "attention heads; they divide the width"),
  context: integer(sizes.tiny!.context, "tokens that it sees at once"),
  dropout: fraction(0.1, "probability of dropping a unit or an attention weight"),
});

/** Of a small one from scratch. */
const training = { learningRate: 1e-3, batchSize: 16, seqLen: 128 } as const;

/** Checkpoints of both models have tensors that filling masks does not need. */
const mapping: CheckpointMapping = {
  ignore: [
    /^embeddings\.position_ids$/,
    /^pooler\./,
    /^cls\.seq_relationship\./,
    /^cls\.predictions\.decoder\.(weight|bias)$/,
    /^vocab_projector\.weight$/,
  ],
  rename: [
    [/\.gamma$/, ".weight"],
    [/\.beta$/, ".bias"],
  ],
};

export const bert = defineArchitecture({
  type: "bert",
  summary: "transformer encoder that fills masks, reading in both directions",
  tokens: "wordpiece",
  options: optionsOf(bertSizes),
  training,
  quantizable: true,
  loraTargets: ["query", "value"],
  checkpointMapping: { ...mapping, prefixes: ["bert."] },
  configure({ config, dropout }, vocabularySize, given) {
    const { layers, width, heads, context } = { ...bertSizes[config]!, ...given };
    return {
      architectures: ["BertForMaskedLM"],
      vocab_size: vocabularySize,
      hidden_size: width,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      intermediate_size: 4 * width,
      hidden_act: "gelu",
      hidden_dropout_prob: dropout,
      attention_probs_dropout_prob: dropout,
      max_position_embeddings: context,
      type_vocab_size: 2,
      initializer_range: 0.02,
      layer_norm_eps: 1e-12,
    };
  },
  build(config) {
    absolute(config);
    const width = readSize(config, "hidden_size");
    return buildMaskedEncoder(
      {
        vocabulary: readSize(config, "vocab_size"),
        layers: readSize(config, "num_hidden_layers"),
        width,
        heads: readHeads(config, "num_attention_heads", width),
        inner: readSize(config, "intermediate_size"),
        context: readSize(config, "max_position_embeddings"),
        segments: readSize(config, "type_vocab_size"),
        activation: readChoice(config, "hidden_act", activations, "gelu"),
        epsilon: readNumber(config, "layer_norm_eps", 1e-12),
        attentionDropout: readProbability(config, "attention_probs_dropout_prob", 0.1),
        hiddenDropout: readProbability(config, "hidden_dropout_prob", 0.1),
        std: readNumber(config, "initializer_range", 0.02),
        tied: readFlag(config, "tie_word_embeddings", true),
      } satisfies MaskedEncoderConfig,
      bertNames,
    );
  },
});

const bertNames: MaskedEncoderNames = {
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
};

export const distilbert = defineArchitecture({
  type: "distilbert",
  summary: "BERT with half the layers, distilled",
  tokens: "wordpiece",
  options: optionsOf(distilbertSizes),
  training,
  quantizable: true,
  loraTargets: ["q_lin", "v_lin"],
  checkpointMapping: { ...mapping, prefixes: ["distilbert."] },
  configure({ config, dropout }, vocabularySize, given) {
    const { layers, width, heads, context } = { ...distilbertSizes[config]!, ...given };
    return {
      architectures: ["DistilBertForMaskedLM"],
      vocab_size: vocabularySize,
      dim: width,
      n_layers: layers,
      n_heads: heads,
      hidden_dim: 4 * width,
      activation: "gelu",
      dropout,
      attention_dropout: dropout,
      max_position_embeddings: context,
      initializer_range: 0.02,
      sinusoidal_pos_embds: false,
    };
  },
  build(config) {
    const width = readSize(config, "dim");
    return buildMaskedEncoder(
      {
        vocabulary: readSize(config, "vocab_size"),
        layers: readSize(config, "n_layers"),
        width,
        heads: readHeads(config, "n_heads", width),
        inner: readSize(config, "hidden_dim"),
        context: readSize(config, "max_position_embeddings"),
        segments: 0,
        activation: readChoice(config, "activation", activations, "gelu"),
        epsilon: 1e-12,
        attentionDropout: readProbability(config, "attention_dropout", 0.1),
        hiddenDropout: readProbability(config, "dropout", 0.1),
        std: readNumber(config, "initializer_range", 0.02),
        tied: readFlag(config, "tie_word_embeddings", true),
      } satisfies MaskedEncoderConfig,
      distilbertNames,
    );
  },
});

const distilbertNames: MaskedEncoderNames = {
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
};

/** Relative positions and decoders are other models under the same name. */
function absolute(config: ModelConfig): void {
  const kind = config.position_embedding_type ?? "absolute";
  if (kind !== "absolute" || config.is_decoder === true) {
    throw new InputError(
      "config",
      `config.json of bert asks for ${config.is_decoder ? "a decoder" : `"${String(kind)}" positions`}, a variant that Punchline does not compute.`,
      { kind },
    );
  }
}
