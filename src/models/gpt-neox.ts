/**
 * GPT-NeoX (Black et al. 2022, arXiv 2204.06745), the architecture of Pythia (Biderman et al. 2023, arXiv 2304.01373),
 * with the names, layouts and config.json of Hugging Face.
 */
import { selfAttention } from "../nn/attention.ts";
import { embedding } from "../nn/embedding.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { type Activation, activations, feedForward, parallelBlock, preNormBlock } from "../nn/transformer.ts";
import {
  readChoice,
  readFlag,
  readHeads,
  readNumber,
  readProbability,
  readSize,
  refuseVariant,
} from "./config.ts";
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
import { readContext, readRotation } from "./rotary-config.ts";

const sizes = {
  ...smallDecoders,
  "pythia-14m": { layers: 6, width: 128, heads: 4, context: 2048 },
  "pythia-70m": { layers: 6, width: 512, heads: 8, context: 2048 },
};

const head = headMapping({ embedding: "gpt_neox.embed_in", head: "embed_out" });

export const gptNeox = defineArchitecture({
  type: "gpt_neox",
  summary: "Pythia and GPT-NeoX: attention and perceptron side by side, a quarter of each head rotary",
  tokens: "bpe",
  options: transformerOptions(sizes, "mini", "decoder blocks"),
  training: { optimizer: "muon", learningRate: 1e-3, batchSize: 16, seqLen: 128, weightDecay: 0.1 },
  quantizable: true,
  loraTargets: ["query_key_value"],
  checkpointMapping: {
    ...head,
    prefixes: ["gpt_neox."],
    ignore: [/^layers\.\d+\.attention\.((masked_)?bias|rotary_emb\.inv_freq)$/, ...head.ignore],
  },
  configure({ config, dropout }, vocabularySize, given) {
    const { layers, width, heads, context } = transformerSize(sizes, config, given);
    return {
      architectures: ["GPTNeoXForCausalLM"],
      vocab_size: vocabularySize,
      hidden_size: width,
      intermediate_size: 4 * width,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      max_position_embeddings: context,
      hidden_act: "gelu",
      hidden_dropout: dropout,
      attention_dropout: dropout,
      layer_norm_eps: 1e-5,
      rotary_pct: (width / heads) % 8 === 0 ? 0.25 : 1,
      rotary_emb_base: 10_000,
      use_parallel_residual: true,
      attention_bias: true,
      initializer_range: 0.02,
      tie_word_embeddings: false,
    };
  },
  build,
});

/** The settings by which the model is built. */
function read(config: ModelConfig) {
  refuseVariant(config, "attention_bias", [false]);
  const width = readSize(config, "hidden_size");
  const heads = readHeads(config, "num_attention_heads", width);
  const context = readContext(config);
  return {
    vocabulary: readSize(config, "vocab_size"),
    layers: readSize(config, "num_hidden_layers"),
    width,
    heads,
    inner: readSize(config, "intermediate_size"),
    context,
    activation: readChoice<Activation>(config, "hidden_act", activations, "gelu"),
    epsilon: readNumber(config, "layer_norm_eps", 1e-5),
    rotary: {
      context,
      ...readRotation(config, width / heads, {
        shareKey: "rotary_pct",
        share: 0.25,
        baseKey: "rotary_emb_base",
      }),
    },
    hiddenDropout: readProbability(config, "hidden_dropout", 0),
    attentionDropout: readProbability(config, "attention_dropout", 0),
    /** Whether both halves of a block read the same stream. */
    parallel: readFlag(config, "use_parallel_residual", true),
    tied: readFlag(config, "tie_word_embeddings", false),
    std: readNumber(config, "initializer_range", 0.02),
  };
}

type Settings = ReturnType<typeof read>;

function build(config: ModelConfig): ModelDefinition {
  const s = read(config);
  const { vocabulary, layers, width, heads, std, epsilon, context } = s;
  const tokens = embedding("gpt_neox.embed_in", vocabulary, width, { std, output: s.tied });
  return decoder({
    name: "gpt_neox",
    tokens,
    blocks: Array.from({ length: layers }, (_, k) => block(s, `gpt_neox.layers.${k}`)),
    finalNorm: layerNorm("gpt_neox.final_layer_norm", width, { epsilon }),
    head: s.tied ? tokens : embedding("embed_out", vocabulary, width, { std, output: true }),
    context,
    cache: { layers, heads, width },
    embeddingDropout: s.hiddenDropout,
  });
}

function block(s: Settings, name: string) {
  const { width, inner, heads, std, epsilon } = s;
  const norm = (part: string) => layerNorm(`${name}.${part}`, width, { epsilon });
  const arrange = s.parallel ? parallelBlock : preNormBlock;
  return arrange({
    attentionNorm: norm("input_layernorm"),
    attention: selfAttention({
      projections: [linear(`${name}.attention.query_key_value`, width, 3 * width, { std, maps: 3 })],
      byHead: true,
      output: linear(`${name}.attention.dense`, width, width, { std }),
      heads,
      causal: true,
      dropout: s.attentionDropout,
      rotary: s.rotary,
    }),
    feedForwardNorm: norm("post_attention_layernorm"),
    feedForward: feedForward(
      linear(`${name}.mlp.dense_h_to_4h`, width, inner, { std }),
      linear(`${name}.mlp.dense_4h_to_h`, inner, width, { std }),
      s.activation,
    ),
    dropout: s.hiddenDropout,
  });
}
