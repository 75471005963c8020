/**
 * Decoders after Llama (Touvron et al. 2023, arXiv 2302.13971): root-mean-square norms, rotary positions, gated
 * perceptrons, and heads of queries that share keys and values (Ainslie et al. 2023, arXiv 2305.13245); with the names,
 * layouts and config.json of Hugging Face. llama.ts, qwen2.ts and qwen3.ts say where they differ.
 */
import { UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { selfAttention } from "../nn/attention.ts";
import { embedding } from "../nn/embedding.ts";
import { linear } from "../nn/linear.ts";
import { rmsNorm } from "../nn/norm.ts";
import { type Activation, activations, gatedFeedForward, preNormBlock } from "../nn/transformer.ts";
import {
  configError,
  readChoice,
  readFlag,
  readNumber,
  readOptionalSize,
  readProbability,
  readSize,
} from "./config.ts";
import { decoder } from "./decoder.ts";
import {
  defineArchitecture,
  fraction,
  integer,
  type ModelDefinition,
  multipleOf,
  transformerOptions,
} from "./define.ts";
import { headMapping } from "./head-mapping.ts";
import type { Architecture, ModelConfig } from "./model.ts";
import { readContext, readRotation } from "./rotary-config.ts";
import { readWindows } from "./window-config.ts";

/** Sizes of a new model. */
interface Size {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly context: number;
}

export const smallSizes = {
  tiny: { layers: 2, width: 128, heads: 4, kvHeads: 2, context: 128 },
  mini: { layers: 4, width: 256, heads: 4, kvHeads: 2, context: 256 },
  small: { layers: 6, width: 384, heads: 6, kvHeads: 2, context: 256 },
} as const satisfies Readonly<Record<string, Size>>;

/** In which the members of the family differ. */
interface Member {
  readonly type: string;
  readonly summary: string;
  /** The class that Hugging Face's libraries open it with. */
  readonly className: string;
  readonly sizes: typeof smallSizes & Readonly<Record<string, Size>>;
  /** Which linear maps have a bias, by its config.json. */
  biases(config: ModelConfig): Biases;
  /** Whether queries and keys are normalised head by head. */
  readonly normsHeads?: boolean;
  /** Whether `use_sliding_window` gives layers a window, as in Qwen. Default: no configuration does. */
  readonly slides?: boolean;
  /** Settings that only it has, in a new model. */
  readonly others?: Readonly<Record<string, number | boolean>>;
}

interface Biases {
  /** Of queries, keys and values. */
  readonly projections: boolean;
  /** Of attention's output. */
  readonly output: boolean;
  readonly feedForward: boolean;
}

const head = headMapping({ embedding: "model.embed_tokens", head: "lm_head" });

/** Inputs of a perceptron's hidden layer: 8/3 of the width, as whole blocks of quantised weights. */
const innerOf = (width: number): number => Math.ceil((8 * width) / 3 / 32) * 32;

/** An architecture of the family. */
export const llamaMember = (member: Member): Architecture =>
  defineArchitecture({
    type: member.type,
    summary: member.summary,
    tokens: "bpe",
    options: {
      ...transformerOptions(member.sizes, "mini", "decoder blocks"),
      kvHeads: integer(smallSizes.mini.kvHeads, "heads of keys and values; they divide the heads"),
      dropout: fraction(0, "probability of dropping an attention weight"),
    },
    training: { optimizer: "muon", learningRate: 1e-3, batchSize: 16, seqLen: 128, weightDecay: 0.1 },
    quantizable: true,
    loraTargets: ["q_proj", "v_proj"],
    checkpointMapping: {
      ...head,
      prefixes: ["model."],
      ignore: [/^layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/, ...head.ignore],
    },
    configure({ config, dropout }, vocabularySize, given) {
      const chosen = { ...member.sizes[config as "tiny"], ...given };
      const { layers, width, heads, context } = chosen;
      const kvHeads = given.kvHeads ?? sharedBy(chosen.kvHeads, heads);
      multipleOf("width", width, "heads", heads);
      multipleOf("heads", heads, "kvHeads", kvHeads);
      if ((width / heads) % 2 !== 0)
        throw new UsageError(
          `${member.type} needs heads of an even size, and ${option("width", width)} over ${option("heads", heads)} gives ${width / heads}.`,
          { option: "width", value: width, expected: `a multiple of ${2 * heads}` },
        );
      return {
        architectures: [member.className],
        vocab_size: vocabularySize,
        hidden_size: width,
        intermediate_size: innerOf(width),
        num_hidden_layers: layers,
        num_attention_heads: heads,
        num_key_value_heads: kvHeads,
        head_dim: width / heads,
        max_position_embeddings: context,
        hidden_act: "silu",
        rms_norm_eps: 1e-6,
        rope_theta: 10_000,
        rope_scaling: null,
        attention_dropout: dropout,
        initializer_range: 0.02,
        tie_word_embeddings: true,
        ...member.others,
      };
    },
    build: (config) => build(member, config),
  });

/** As many as wanted, or the most that divide the heads. */
function sharedBy(wanted: number, heads: number): number {
  let kvHeads = Math.min(wanted, heads);
  while (heads % kvHeads !== 0) kvHeads--;
  return kvHeads;
}

/** The settings by which a model is built. */
function read(member: Member, config: ModelConfig) {
  const width = readSize(config, "hidden_size");
  const heads = readSize(config, "num_attention_heads");
  const kvHeads = readOptionalSize(config, "num_key_value_heads", heads);
  if (heads % kvHeads !== 0)
    throw configError(
      config,
      `"num_attention_heads", ${heads}, is not a multiple of "num_key_value_heads", ${kvHeads}.`,
      { key: "num_key_value_heads", value: kvHeads },
    );
  if (config.head_dim == null && width % heads !== 0)
    throw configError(config, `the width ${width} is not a multiple of num_attention_heads, ${heads}.`, {
      width,
      heads,
    });
  const headSize = readOptionalSize(config, "head_dim", width / heads);
  const context = readContext(config);
  const layers = readSize(config, "num_hidden_layers");
  return {
    vocabulary: readSize(config, "vocab_size"),
    layers,
    width,
    heads,
    kvHeads,
    headSize,
    /** Units of the perceptrons' hidden layer. */
    inner: readSize(config, "intermediate_size"),
    context,
    /** Tokens that each layer sees, itself included; undefined of all. */
    windows: member.slides ? readWindows(config, layers, context) : [],
    activation: readChoice<Activation>(config, "hidden_act", activations, "silu"),
    epsilon: readNumber(config, "rms_norm_eps", 1e-6),
    rotary: { context, ...readRotation(config, headSize) },
    attentionDropout: readProbability(config, "attention_dropout", 0),
    biases: member.biases(config),
    /** Whether the head is the token embedding. */
    tied: readFlag(config, "tie_word_embeddings", false),
    /** Standard deviation of the first weights. */
    std: readNumber(config, "initializer_range", 0.02),
  };
}

type Settings = ReturnType<typeof read>;

function build(member: Member, config: ModelConfig): ModelDefinition {
  const s = read(member, config);
  const { vocabulary, width, std, epsilon, heads, kvHeads, headSize } = s;
  const tokens = embedding("model.embed_tokens", vocabulary, width, { std, output: s.tied });
  return decoder({
    name: member.type,
    tokens,
    blocks: Array.from({ length: s.layers }, (_, k) => block(s, `model.layers.${k}`, member)),
    finalNorm: rmsNorm("model.norm", width, { epsilon }),
    head: s.tied ? tokens : embedding("lm_head", vocabulary, width, { std, output: true }),
    context: s.context,
    cache: { layers: s.layers, heads, kvHeads, width: heads * headSize, windows: s.windows },
  });
}

function block(s: Settings, name: string, { normsHeads = false }: Member) {
  const { width, inner, heads, kvHeads, headSize, std, epsilon, biases } = s;
  const norm = (part: string, size = width) => rmsNorm(`${name}.${part}`, size, { epsilon });
  const map = (part: string, from: number, to: number, bias: boolean) =>
    linear(`${name}.${part}`, from, to, { std, bias });
  return preNormBlock({
    attentionNorm: norm("input_layernorm"),
    attention: selfAttention({
      projections: [
        map("self_attn.q_proj", width, heads * headSize, biases.projections),
        map("self_attn.k_proj", width, kvHeads * headSize, biases.projections),
        map("self_attn.v_proj", width, kvHeads * headSize, biases.projections),
      ],
      norms: normsHeads
        ? [norm("self_attn.q_norm", headSize), norm("self_attn.k_norm", headSize)]
        : undefined,
      output: map("self_attn.o_proj", heads * headSize, width, biases.output),
      heads,
      kvHeads,
      causal: true,
      dropout: s.attentionDropout,
      rotary: s.rotary,
    }),
    feedForwardNorm: norm("post_attention_layernorm"),
    feedForward: gatedFeedForward(
      map("mlp.gate_proj", width, inner, biases.feedForward),
      map("mlp.up_proj", width, inner, biases.feedForward),
      map("mlp.down_proj", inner, width, biases.feedForward),
      s.activation,
    ),
  });
}
