/**
 * The first GPT (Radford et al. 2018, "Improving language understanding by generative pre-training"), with the names,
 * layouts and config.json of Hugging Face: GPT-2's blocks with the norms behind each half, and none at the end.
 */
import { selfAttention } from "../nn/attention.ts";
import { embedding, positionEmbedding } from "../nn/embedding.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { type Activation, feedForward, postNormBlock } from "../nn/transformer.ts";
import { readChoice, readFlag, readHeads, readNumber, readProbability, readSize } from "./config.ts";
import { decoder } from "./decoder.ts";
import {
  defineArchitecture,
  type ModelDefinition,
  smallDecoders,
  transformerOptions,
  transformerSize,
} from "./define.ts";
import { headMapping } from "./head-mapping.ts";
import type { ModelConfig } from "./model.ts";

/** By the names of its config.json: its "gelu" is the tanh form. */
const activations = {
  gelu: "gelu_new",
  relu: "relu",
  silu: "silu",
  swish: "silu",
} as const satisfies Record<string, Activation>;

const sizes = {
  ...smallDecoders,
  gpt: { layers: 12, width: 768, heads: 12, context: 512 },
};

const head = headMapping({ embedding: "transformer.tokens_embed", head: "lm_head" });

export const openaiGpt = defineArchitecture({
  type: "openai-gpt",
  summary: "the first GPT: norms behind attention and perceptron",
  tokens: "bpe",
  options: transformerOptions(sizes, "mini", "decoder blocks"),
  training: { learningRate: 1e-3, batchSize: 16, seqLen: 128 },
  quantizable: true,
  loraTargets: ["c_attn"],
  checkpointMapping: {
    ...head,
    prefixes: ["transformer."],
    ignore: [/^h\.\d+\.attn\.bias$/, /^position_ids$/, ...head.ignore],
  },
  configure({ config, dropout }, vocabularySize, given) {
    const { layers, width, heads, context } = transformerSize(sizes, config, given);
    return {
      architectures: ["OpenAIGPTLMHeadModel"],
      vocab_size: vocabularySize,
      n_positions: context,
      n_ctx: context,
      n_embd: width,
      n_layer: layers,
      n_head: heads,
      afn: "gelu",
      resid_pdrop: dropout,
      embd_pdrop: dropout,
      attn_pdrop: dropout,
      layer_norm_epsilon: 1e-5,
      initializer_range: 0.02,
    };
  },
  build,
});

/** The settings by which the model is built. */
function read(config: ModelConfig) {
  const width = readSize(config, "n_embd");
  return {
    vocabulary: readSize(config, "vocab_size"),
    layers: readSize(config, "n_layer"),
    width,
    heads: readHeads(config, "n_head", width),
    context: readSize(config, config.n_positions === undefined ? "n_ctx" : "n_positions"),
    activation: activations[readChoice(config, "afn", activations, "gelu")],
    epsilon: readNumber(config, "layer_norm_epsilon", 1e-5),
    attentionDropout: readProbability(config, "attn_pdrop", 0.1),
    residualDropout: readProbability(config, "resid_pdrop", 0.1),
    embeddingDropout: readProbability(config, "embd_pdrop", 0.1),
    /** Whether the head is the token embedding. */
    tied: readFlag(config, "tie_word_embeddings", true),
    std: readNumber(config, "initializer_range", 0.02),
  };
}

type Settings = ReturnType<typeof read>;

function build(config: ModelConfig): ModelDefinition {
  const s = read(config);
  const { vocabulary, layers, width, heads, context, std } = s;
  const tokens = embedding("transformer.tokens_embed", vocabulary, width, { std, output: s.tied });
  return decoder({
    name: "openai-gpt",
    tokens,
    positions: positionEmbedding("transformer.positions_embed", context, width, std),
    blocks: Array.from({ length: layers }, (_, k) => block(s, `transformer.h.${k}`)),
    head: s.tied ? tokens : embedding("lm_head", vocabulary, width, { std, output: true }),
    context,
    cache: { layers, heads, width },
    embeddingDropout: s.embeddingDropout,
  });
}

/** Weights are [inputs, outputs]. */
function block({ width, heads, epsilon, std, ...s }: Settings, name: string) {
  const map = (part: string, from: number, to: number, maps = 1) =>
    linear(`${name}.${part}`, from, to, { std, inputsFirst: true, maps });
  return postNormBlock({
    attention: selfAttention({
      projections: [map("attn.c_attn", width, 3 * width, 3)],
      output: map("attn.c_proj", width, width),
      heads,
      causal: true,
      dropout: s.attentionDropout,
    }),
    attentionNorm: layerNorm(`${name}.ln_1`, width, { epsilon }),
    feedForward: feedForward(
      map("mlp.c_fc", width, 4 * width),
      map("mlp.c_proj", 4 * width, width),
      s.activation,
    ),
    feedForwardNorm: layerNorm(`${name}.ln_2`, width, { epsilon }),
    dropout: s.residualDropout,
  });
}
