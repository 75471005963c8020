/**
 * Masked language models: BERT (Devlin et al. 2018, arXiv 1810.04805) and DistilBERT (Sanh et al. 2019,
 * arXiv 1910.01108), with the names, layouts and config.json of Hugging Face.
 */
import { activations } from "../nn/transformer.ts";
import {
  configError,
  readChoice,
  readFlag,
  readHeads,
  readNumber,
  readProbability,
  readSize,
} from "./config.ts";
import { defineArchitecture } from "./define.ts";
import { buildMaskedEncoder, type MaskedEncoderNames } from "./masked-encoder.ts";
import type { CheckpointMapping, ModelConfig } from "./model.ts";
import { transformerOptions } from "./options.ts";

/** The published small ones of Turc et al. 2019 (arXiv 1908.08962), and the first two. */
const bertSizes = {
  tiny: { layers: 2, width: 128, heads: 2, context: 512 },
  mini: { layers: 4, width: 256, heads: 4, context: 512 },
  small: { layers: 4, width: 512, heads: 8, context: 512 },
  base: { layers: 12, width: 768, heads: 12, context: 512 },
  large: { layers: 24, width: 1024, heads: 16, context: 512 },
};
const distilbertSizes = { tiny: bertSizes.tiny, base: { ...bertSizes.base, layers: 6 } };

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

/** One of the two: the settings and parameters that they share have other names. */
interface Kind {
  readonly type: string;
  readonly summary: string;
  readonly sizes: Readonly<Record<"tiny", (typeof bertSizes)["tiny"]>>;
  readonly loraTargets: readonly string[];
  /** The class that Hugging Face's libraries open it with. */
  readonly className: string;
  /** Settings of `config.json`. */
  readonly keys: Readonly<
    Record<
      "width" | "layers" | "heads" | "inner" | "activation" | "hiddenDropout" | "attentionDropout",
      string
    >
  >;
  /** Settings that only one of them has, in a new model. */
  readonly others: Readonly<Record<string, number | boolean>>;
  readonly names: MaskedEncoderNames;
}

const maskedEncoder = ({ type, summary, sizes, loraTargets, className, keys, others, names }: Kind) =>
  defineArchitecture({
    type,
    summary,
    tokens: "wordpiece",
    options: transformerOptions(sizes, "tiny", "encoder blocks"),
    // Of a small one from scratch.
    training: { learningRate: 1e-3, batchSize: 16, seqLen: 128 },
    quantizable: true,
    loraTargets,
    checkpointMapping: { ...mapping, prefixes: [`${type}.`] },
    configure({ config, dropout }, vocabularySize, given) {
      const { layers, width, heads, context } = { ...sizes[config as "tiny"], ...given };
      return {
        architectures: [className],
        vocab_size: vocabularySize,
        [keys.width]: width,
        [keys.layers]: layers,
        [keys.heads]: heads,
        [keys.inner]: 4 * width,
        [keys.activation]: "gelu",
        [keys.hiddenDropout]: dropout,
        [keys.attentionDropout]: dropout,
        max_position_embeddings: context,
        ...others,
      };
    },
    build(config) {
      if (type === "bert") absolute(config);
      const width = readSize(config, keys.width);
      const encoder = {
        vocabulary: readSize(config, "vocab_size"),
        layers: readSize(config, keys.layers),
        width,
        heads: readHeads(config, keys.heads, width),
        inner: readSize(config, keys.inner),
        context: readSize(config, "max_position_embeddings"),
        segments: "type_vocab_size" in others ? readSize(config, "type_vocab_size") : 0,
        activation: readChoice(config, keys.activation, activations, "gelu"),
        epsilon: "layer_norm_eps" in others ? readNumber(config, "layer_norm_eps", EPSILON) : EPSILON,
        attentionDropout: readProbability(config, keys.attentionDropout, 0.1),
        hiddenDropout: readProbability(config, keys.hiddenDropout, 0.1),
        std: readNumber(config, "initializer_range", 0.02),
        tied: readFlag(config, "tie_word_embeddings", true),
      };
      return buildMaskedEncoder(encoder, names);
    },
  });

const EPSILON = 1e-12;

/** Relative positions and decoders are other models under the same name. */
function absolute(config: ModelConfig): void {
  const kind = config.position_embedding_type ?? "absolute";
  if (kind === "absolute" && config.is_decoder !== true) return;
  const wanted = config.is_decoder ? "a decoder" : `"${String(kind)}" positions`;
  throw configError(config, `${wanted}: a variant that Punchline does not compute.`, { kind });
}

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
