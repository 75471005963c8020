/**
 * ModernBERT (Warner et al. 2024, arXiv 2412.13663), with the names, layouts and config.json of Hugging Face: norms
 * before each half, rotary positions, gated perceptrons, no biases, and layers of which most see their neighbours alone.
 */

import type { Tensor } from "../graph/tensor.ts";
import { documentMask, localMask, selfAttention } from "../nn/attention.ts";
import { type Embedding, embedding, tiedHead } from "../nn/embedding.ts";
import { flattenRows } from "../nn/flatten-rows.ts";
import { type Layer, layer, parametersOf } from "../nn/layer.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { type Activation, activations, blockStack, preNormBlock } from "../nn/transformer.ts";
import { multiply } from "../ops/elementwise.ts";
import { gather } from "../ops/indexing.ts";
import { split } from "../ops/movement.ts";
import {
  readChoice,
  readFlag,
  readHeads,
  readNumber,
  readProbability,
  readSize,
  refuseVariant,
} from "./config.ts";
import {
  defineArchitecture,
  type ModelDefinition,
  multipleOf,
  transformerOptions,
  transformerSize,
} from "./define.ts";
import { headMapping } from "./head-mapping.ts";
import { checkLength, type ModelConfig } from "./model.ts";
import { readContext, readRotation } from "./rotary-config.ts";
import { readLayerKinds } from "./window-config.ts";

const sizes = {
  tiny: { layers: 4, width: 128, heads: 2, context: 512 },
  mini: { layers: 6, width: 256, heads: 4, context: 512 },
  base: { layers: 22, width: 768, heads: 12, context: 8192 },
  large: { layers: 28, width: 1024, heads: 16, context: 8192 },
};

const head = headMapping({
  embedding: "model.embeddings.tok_embeddings",
  head: "decoder",
  begins: /^(head|decoder)\./,
});

export const modernbert = defineArchitecture({
  type: "modernbert",
  summary: "ModernBERT: fills masks, with rotary positions and mostly local attention",
  tokens: "masked-bpe",
  options: transformerOptions(sizes, "tiny", "encoder blocks"),
  training: { learningRate: 1e-3, batchSize: 16, seqLen: 128 },
  quantizable: true,
  loraTargets: ["Wqkv"],
  checkpointMapping: {
    ...head,
    prefixes: ["model."],
    ignore: [/rotary_emb\.inv_freq$/, ...head.ignore],
  },
  configure({ config, dropout }, vocabularySize, given) {
    const { layers, width, heads, context } = transformerSize(sizes, config, given);
    multipleOf("width", width, "heads", 2 * heads);
    return {
      architectures: ["ModernBertForMaskedLM"],
      vocab_size: vocabularySize,
      hidden_size: width,
      intermediate_size: (3 * width) / 2,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      max_position_embeddings: context,
      hidden_activation: "gelu",
      norm_eps: 1e-5,
      norm_bias: false,
      attention_bias: false,
      mlp_bias: false,
      decoder_bias: true,
      classifier_bias: false,
      classifier_activation: "gelu",
      global_attn_every_n_layers: 3,
      local_attention: 128,
      global_rope_theta: 160_000,
      local_rope_theta: 10_000,
      embedding_dropout: dropout,
      attention_dropout: dropout,
      mlp_dropout: 0,
      initializer_range: 0.02,
      tie_word_embeddings: true,
    };
  },
  build,
});

/** The settings by which the model is built. */
function read(config: ModelConfig) {
  // Inside of perceptrons.
  if (readProbability(config, "mlp_dropout") !== 0) refuseVariant(config, "mlp_dropout");
  const width = readSize(config, "hidden_size");
  const heads = readHeads(config, "num_attention_heads", width);
  const layers = readSize(config, "num_hidden_layers");
  const local = readSize(config, "local_attention");
  const context = readContext(config);
  return {
    vocabulary: readSize(config, "vocab_size"),
    layers,
    width,
    heads,
    inner: readSize(config, "intermediate_size"),
    context,
    activation: readChoice<Activation>(config, "hidden_activation", activations, "gelu"),
    headActivation: readChoice<Activation>(config, "classifier_activation", activations, "gelu"),
    epsilon: readNumber(config, "norm_eps", 1e-5),
    biases: {
      norm: readFlag(config, "norm_bias", false),
      attention: readFlag(config, "attention_bias", false),
      feedForward: readFlag(config, "mlp_bias", false),
      dense: readFlag(config, "classifier_bias", false),
      head: readFlag(config, "decoder_bias", true),
    },
    /** Of each layer, whether it sees all of the text. */
    isGlobal: readKinds(config, layers),
    /** How far a local layer sees to each side. */
    reach: Math.floor(local / 2),
    rotation: {
      global: {
        context,
        ...rotationOf(config, width / heads, "full_attention", "global_rope_theta", 160_000),
      },
      local: {
        context,
        ...rotationOf(config, width / heads, "sliding_attention", "local_rope_theta", 10_000),
      },
    },
    attentionDropout: readProbability(config, "attention_dropout"),
    embeddingDropout: readProbability(config, "embedding_dropout"),
    tied: readFlag(config, "tie_word_embeddings", true),
    std: readNumber(config, "initializer_range", 0.02),
  };
}

/** `layer_types` says it layer by layer, or every nth layer from the first is global. */
function readKinds(config: ModelConfig, layers: number): readonly boolean[] {
  const kinds = readLayerKinds(config, layers);
  if (kinds) return kinds.map((kind) => kind === "full_attention");
  const every = readSize(config, "global_attn_every_n_layers");
  return Array.from({ length: layers }, (_, k) => k % every === 0);
}

/** The rotation of one kind of layers: in a table of `rope_parameters` of its own, or by a key of its base. */
function rotationOf(config: ModelConfig, headSize: number, kind: string, baseKey: string, base: number) {
  const { rope_parameters: tables } = config as {
    readonly rope_parameters?: Readonly<Record<string, unknown>>;
  };
  // Local layers turn as global ones do where they have no base of their own.
  const own =
    config[baseKey] ?? (baseKey === "local_rope_theta" ? config.global_rope_theta : undefined) ?? base;
  const read = { ...config, [baseKey]: own, rope_parameters: tables?.[kind] ?? null };
  return readRotation(read as unknown as ModelConfig, headSize, { baseKey });
}

type Settings = ReturnType<typeof read>;

function build(config: ModelConfig): ModelDefinition {
  const s = read(config);
  const { vocabulary, width, std, epsilon, biases, context } = s;
  const norm = (name: string) => layerNorm(name, width, { epsilon, bias: biases.norm });
  const words = embedding("model.embeddings.tok_embeddings", vocabulary, width, { std, output: s.tied });
  const embeddingNorm = norm("model.embeddings.norm");
  const blocks = s.isGlobal.map((global, k) => block(s, `model.layers.${k}`, k === 0, global, norm));
  const stack = blockStack(blocks);
  const finalNorm = norm("model.final_norm");
  const dense = linear("head.dense", width, width, { std, bias: biases.dense });
  const headNorm = norm("head.norm");
  const matrix = s.tied ? words : embedding("decoder", vocabulary, width, { std, output: true });
  const head = headOf(matrix, vocabulary, biases.head);
  const embed = parametersOf(words, embeddingNorm);
  return {
    parameters: parametersOf(
      words,
      embeddingNorm,
      stack,
      finalNorm,
      dense,
      headNorm,
      s.tied ? undefined : matrix,
      head,
    ),
    contextLength: context,
    predicts: "masked",
    separatesDocuments: true,
    blocks: [embed, ...blocks.map(({ parameters }) => parameters)],
    state: () => ({}),
    forward(p, input, mode, { at, attention = false } = {}) {
      const { ids, documents, attentionMask, positions } = input;
      checkLength("modernbert", ids, context);
      const mask = documents ? documentMask(documents) : attentionMask;
      const length = ids.shape[1]!;
      const seesAll = typeof length === "number" && length <= s.reach + 1;
      const near = seesAll || s.isGlobal.every(Boolean) ? mask : localMask(ids, s.reach, mask);
      const embedded = flattenRows(mode.dropout(embeddingNorm(p, words(p, ids)), s.embeddingDropout));
      const { hidden, last, weights } = stack(
        p,
        embedded,
        (k) => ({ ids, positions, mask: s.isGlobal[k] ? mask : near, weights: attention }),
        mode,
        at && ((x) => gather(x, at)),
      );
      const rows = finalNorm(p, last);
      const transformed = headNorm(p, activations[s.headActivation](dense(p, rows)));
      return {
        logits: head(p, transformed),
        state: {},
        hidden,
        attention: attention ? weights : undefined,
      };
    },
  };
}

/** One block; the first reads what is normalised already. */
function block(s: Settings, name: string, first: boolean, global: boolean, norm: (name: string) => Layer) {
  const { width, inner, std, biases } = s;
  const map = (part: string, from: number, to: number, bias: boolean, maps = 1) =>
    linear(`${name}.${part}`, from, to, { std, bias, maps });
  const both = map("mlp.Wi", width, 2 * inner, biases.feedForward, 2);
  const outer = map("mlp.Wo", inner, width, biases.feedForward);
  return preNormBlock({
    attentionNorm: first ? layer([], (_, x: Tensor) => x) : norm(`${name}.attn_norm`),
    attention: selfAttention({
      projections: [map("attn.Wqkv", width, 3 * width, biases.attention, 3)],
      output: map("attn.Wo", width, width, biases.attention),
      heads: s.heads,
      dropout: s.attentionDropout,
      rotary: global ? s.rotation.global : s.rotation.local,
    }),
    feedForwardNorm: norm(`${name}.mlp_norm`),
    feedForward: layer(parametersOf(both, outer), (p, x: Tensor) => {
      const [signal, gate] = split(both(p, x), 1, 2) as [Tensor, Tensor];
      return outer(p, multiply(activations[s.activation](signal), gate));
    }),
  });
}

/** A head that scores the vocabulary by the rows of `table`, with a bias of its own where it has one. */
const headOf = (table: Embedding, vocabulary: number, bias: boolean): Layer =>
  bias ? tiedHead("decoder.bias", table, vocabulary) : layer([], (p, x: Tensor) => table.scores(p, x));
