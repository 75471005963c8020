/**
 * GPT-2 (Radford et al. 2019, "Language models are unsupervised multitask learners"), with the names,
 * layouts and config.json of Hugging Face.
 */
import { selfAttention } from "../nn/attention.ts";
import { embedding, positionEmbedding } from "../nn/embedding.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { type Activation, activations, feedForward, preNormBlock } from "../nn/transformer.ts";
import {
  configError,
  readChoice,
  readFlag,
  readHeads,
  readNumber,
  readProbability,
  readSize,
  refuseVariant,
} from "./config.ts";
import { decoder } from "./decoder.ts";
import { defineArchitecture, smallDecoders, transformerOptions, transformerSize } from "./define.ts";
import { headMapping } from "./head-mapping.ts";
import type { ModelConfig } from "./model.ts";
import { MOST_POSITIONS } from "./rotary-config.ts";

/** Whether they are rotary. */
const positionKinds = { absolute: false, rotary: true } as const;

const sizes = {
  ...smallDecoders,
  gpt2: { layers: 12, width: 768, heads: 12, context: 1024 },
};

const head = headMapping({ embedding: "transformer.wte", head: "lm_head" });

export const gpt2 = defineArchitecture({
  type: "gpt2",
  summary: "transformer decoder: the lesson's pre-trained model, or a small one from scratch",
  tokens: "bpe",
  options: transformerOptions(sizes, "mini", "decoder blocks"),
  training: { optimizer: "muon", learningRate: 1e-3, batchSize: 16, seqLen: 128, weightDecay: 0.1 },
  quantizable: true,
  loraTargets: ["c_attn"],
  checkpointMapping: {
    ...head,
    prefixes: ["transformer."],
    ignore: [/^h\.\d+\.attn\.(masked_)?bias$/, ...head.ignore],
  },
  configure({ config, dropout }, vocabularySize, given) {
    const { layers, width, heads, context } = transformerSize(sizes, config, given);
    return {
      architectures: ["GPT2LMHeadModel"],
      vocab_size: vocabularySize,
      n_positions: context,
      n_ctx: context,
      n_embd: width,
      n_layer: layers,
      n_head: heads,
      n_inner: null,
      activation_function: "gelu_new",
      resid_pdrop: dropout,
      embd_pdrop: dropout,
      attn_pdrop: dropout,
      layer_norm_epsilon: 1e-5,
      initializer_range: 0.02,
      tie_word_embeddings: true,
    };
  },
  build: (config) => buildDecoder(config).model,
});

type Gpt2 = ReturnType<typeof read>;

/** The settings by which the model is built. */
function read(config: ModelConfig) {
  const width = readSize(config, "n_embd");
  const heads = readHeads(config, "n_head", width);
  refuseVariant(config, "scale_attn_weights", [false]);
  refuseVariant(config, "scale_attn_by_inverse_layer_idx", [true]);
  refuseVariant(config, "add_cross_attention", [true]);
  return {
    vocabulary: readSize(config, "vocab_size"),
    layers: readSize(config, "n_layer"),
    width,
    heads,
    context: readSize(config, config.n_positions === undefined ? "n_ctx" : "n_positions"),
    /** Units of the perceptrons' hidden layer. */
    inner: config.n_inner == null ? 4 * width : readSize(config, "n_inner"),
    activation: readChoice<Activation>(config, "activation_function", activations, "gelu_new"),
    epsilon: readNumber(config, "layer_norm_epsilon", 1e-5),
    attentionDropout: readProbability(config, "attn_pdrop", 0.1),
    /** Probability of dropping a unit of what attention or a perceptron adds. */
    residualDropout: readProbability(config, "resid_pdrop", 0.1),
    embeddingDropout: readProbability(config, "embd_pdrop", 0.1),
    /** Whether positions rotate queries and keys, instead of being added to the stream. */
    rotary: readPositions(config, width / heads),
    /** Whether the head is the token embedding. */
    tied: readFlag(config, "tie_word_embeddings", true),
    /** Standard deviation of the first weights. */
    std: readNumber(config, "initializer_range", 0.02),
  };
}

/** Whether positions are rotary: `position_embedding_type` of config.json, which GPT-2's own files lack. */
function readPositions(config: ModelConfig, headSize: number): boolean {
  const rotary = positionKinds[readChoice(config, "position_embedding_type", positionKinds, "absolute")];
  const positions = config.n_positions ?? config.n_ctx;
  if (rotary && headSize % 2 !== 0)
    throw configError(config, `rotary positions need heads of an even size, not of ${headSize}.`, {
      headSize,
    });
  if (rotary && Number(positions) > MOST_POSITIONS)
    throw configError(config, `rotary positions are at most ${MOST_POSITIONS}, not ${positions}.`);
  return rotary;
}

/** The model, and those of its layers that losses on the way to the last one need. */
export function buildDecoder(config: ModelConfig) {
  const g = read(config);
  const { vocabulary, layers, width, heads, context, std, epsilon } = g;
  const tokens = embedding("transformer.wte", vocabulary, width, { std, output: g.tied });
  const learned = g.rotary ? undefined : positionEmbedding("transformer.wpe", context, width, std);
  const finalNorm = layerNorm("transformer.ln_f", width, { epsilon });
  const model = decoder({
    name: "gpt2",
    tokens,
    positions: learned,
    blocks: Array.from({ length: layers }, (_, k) => block(g, `transformer.h.${k}`)),
    finalNorm,
    head: g.tied ? tokens : embedding("lm_head", vocabulary, width, { std, output: true }),
    context,
    cache: { layers, heads, width },
    embeddingDropout: g.embeddingDropout,
  });
  return { model, tokens, finalNorm };
}

/**
 * Weights are [inputs, outputs], drawn from a normal distribution of `std`, those that write to the stream of
 * `std` / √(2 · layers).
 */
function block(g: Gpt2, name: string) {
  const { width, heads, epsilon, std } = g;
  const scaled = std / Math.sqrt(2 * g.layers);
  return preNormBlock({
    attentionNorm: layerNorm(`${name}.ln_1`, width, { epsilon }),
    attention: selfAttention({
      projections: [linear(`${name}.attn.c_attn`, width, 3 * width, { std, inputsFirst: true, maps: 3 })],
      output: linear(`${name}.attn.c_proj`, width, width, { std: scaled, inputsFirst: true }),
      heads,
      causal: true,
      dropout: g.attentionDropout,
      rotary: g.rotary ? { context: g.context } : undefined,
    }),
    feedForwardNorm: layerNorm(`${name}.ln_2`, width, { epsilon }),
    feedForward: feedForward(
      linear(`${name}.mlp.c_fc`, width, g.inner, { std, inputsFirst: true }),
      linear(`${name}.mlp.c_proj`, g.inner, width, { std: scaled, inputsFirst: true }),
      g.activation,
    ),
    dropout: g.residualDropout,
  });
}
