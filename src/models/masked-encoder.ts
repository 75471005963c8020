/**
 * Encoders that fill masks, after BERT (Devlin et al. 2018, arXiv 1810.04805), with the names, layouts and config.json
 * of Hugging Face. bert.ts and roberta.ts say where they differ.
 */
import { documentMask, selfAttention } from "../nn/attention.ts";
import { embedding, positionEmbedding, tiedHead } from "../nn/embedding.ts";
import { flattenRows } from "../nn/flatten-rows.ts";
import { layer, parametersOf } from "../nn/layer.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { type Activation, activations, blockStack, feedForward, postNormBlock } from "../nn/transformer.ts";
import { add } from "../ops/elementwise.ts";
import { gather } from "../ops/indexing.ts";
import {
  configError,
  readChoice,
  readFlag,
  readHeads,
  readNumber,
  readProbability,
  readSize,
} from "./config.ts";
import { defineArchitecture, type ModelDefinition, transformerOptions, transformerSize } from "./define.ts";
import { headMapping } from "./head-mapping.ts";
import {
  type Architecture,
  type CheckpointMapping,
  checkLength,
  type ModelConfig,
  type ModelInput,
} from "./model.ts";

/** Checkpoints have tensors that filling masks does not need. */
const mapping = {
  ignore: [/^embeddings\.position_ids$/, /^pooler\./, /^cls\.seq_relationship\./],
  rename: [
    [/\.gamma$/, ".weight"],
    [/\.beta$/, ".bias"],
  ],
} as const satisfies CheckpointMapping;

/** The names of the parts. */
interface Names {
  /** Of the embeddings: the beginning of `word_embeddings`, `position_embeddings`, `LayerNorm`. */
  readonly embeddings: string;
  /** Of block `k`. */
  readonly layer: (k: number) => string;
  /** Of a block's parts, behind the block's name. */
  readonly block: Readonly<
    Record<
      "query" | "key" | "value" | "attentionOutput" | "attentionNorm" | "inner" | "outer" | "outputNorm",
      string
    >
  >;
  readonly transform: string;
  readonly transformNorm: string;
  /** The head's matrix where it is not tied, without `.weight`. */
  readonly head: string;
  readonly headBias: string;
}

type Size = Readonly<Record<"layers" | "width" | "heads" | "context", number>>;

/** One of them: the settings and parameters that they share have other names. */
interface Kind {
  readonly type: string;
  readonly summary: string;
  readonly sizes: { readonly tiny: Size } & Readonly<Record<string, Size>>;
  /** The vocabulary of a new model. Default WordPiece. */
  readonly tokens?: Architecture["tokens"];
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
  /** Settings that only some of them have, in a new model. */
  readonly others: Readonly<Record<string, number | boolean>>;
  readonly names: Names;
  /** Added to each variance, where config.json does not say. Default 1e-12. */
  readonly epsilon?: number;
  /**
   * Rows of the table of positions that come before the first position's, by config.json; `max_position_embeddings`
   * counts them. Default: none.
   */
  readonly firstPosition?: (config: ModelConfig) => number;
  /** Whether config.json may describe decoders and relative positions, which are refused. Default true. */
  readonly hasVariants?: boolean;
}

/** An architecture of the family. */
export const maskedEncoder = ({
  type,
  summary,
  sizes,
  loraTargets,
  className,
  keys,
  others,
  names,
  ...kind
}: Kind) => {
  const head = headMapping({
    embedding: `${names.embeddings}.word_embeddings`,
    head: names.head,
    bias: names.headBias,
    begins: /^(cls|lm_head|vocab_\w+)\./,
  });
  return defineArchitecture({
    type,
    summary,
    tokens: kind.tokens ?? "wordpiece",
    options: transformerOptions(sizes, "tiny", "encoder blocks"),
    // Of a small one from scratch.
    training: { learningRate: 1e-3, batchSize: 16, seqLen: 128 },
    quantizable: true,
    loraTargets,
    checkpointMapping: {
      ...mapping,
      ...head,
      prefixes: [`${type}.`],
      ignore: [...mapping.ignore, ...head.ignore],
    },
    configure({ config, dropout }, vocabularySize, given) {
      const { layers, width, heads, context } = transformerSize(sizes, config, given);
      // Options are tried before there is a vocabulary, so the padding's id is not held to its size here.
      const anyVocabulary = { ...others, model_type: type, vocab_size: Number.POSITIVE_INFINITY };
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
        max_position_embeddings: context + (kind.firstPosition?.(anyVocabulary) ?? 0),
        ...others,
      };
    },
    build(config) {
      if (kind.hasVariants ?? true) absolute(config);
      const { epsilon = EPSILON, firstPosition = () => 0 } = kind;
      return build(read(config, { keys, others, epsilon, firstPosition }), names);
    },
  });
};

type Encoder = ReturnType<typeof read>;

/** The settings by which a model is built. */
function read(
  config: ModelConfig,
  {
    keys,
    others,
    epsilon,
    firstPosition,
  }: Required<Pick<Kind, "keys" | "others" | "epsilon" | "firstPosition">>,
) {
  const width = readSize(config, keys.width);
  const positions = readSize(config, "max_position_embeddings");
  const skipped = firstPosition(config);
  if (skipped >= positions)
    throw configError(
      config,
      `"max_position_embeddings" is ${positions}, and the first ${skipped} are of no token.`,
      { key: "max_position_embeddings", value: positions },
    );
  return {
    vocabulary: readSize(config, "vocab_size"),
    layers: readSize(config, keys.layers),
    width,
    heads: readHeads(config, keys.heads, width),
    /** Units of the perceptrons' hidden layer. */
    inner: readSize(config, keys.inner),
    context: positions - skipped,
    skipped,
    /** Kinds of segments; 0 where the model does not distinguish them. */
    segments: "type_vocab_size" in others ? readSize(config, "type_vocab_size") : 0,
    activation: readChoice<Activation>(config, keys.activation, activations, "gelu"),
    epsilon: "layer_norm_eps" in others ? readNumber(config, "layer_norm_eps", epsilon) : epsilon,
    attentionDropout: readProbability(config, keys.attentionDropout, 0.1),
    hiddenDropout: readProbability(config, keys.hiddenDropout, 0.1),
    /** Standard deviation of the first weights. */
    std: readNumber(config, "initializer_range", 0.02),
    /** Whether the head's matrix is the token embedding. */
    tied: readFlag(config, "tie_word_embeddings", true),
  };
}

export const EPSILON = 1e-12;

/** Relative positions and decoders are other models under the same name. */
function absolute(config: ModelConfig): void {
  const kind = config.position_embedding_type ?? "absolute";
  if (kind === "absolute" && config.is_decoder !== true) return;
  const wanted = config.is_decoder ? "a decoder" : `"${String(kind)}" positions`;
  throw configError(config, `${wanted}: a variant that Punchline does not compute.`, { kind });
}

/** Embeddings, encoder blocks, and a head that scores hidden tokens. */
function build(e: Encoder, names: Names): ModelDefinition {
  const { width, std, vocabulary, epsilon } = e;
  const embed = embeddings(e, names.embeddings);
  const blocks = Array.from({ length: e.layers }, (_, k) => encoderBlock(e, names.layer(k), names.block));
  const stack = blockStack(blocks);
  const transform = linear(names.transform, width, width, { std });
  const transformNorm = layerNorm(names.transformNorm, width, { epsilon });
  const matrix = e.tied ? embed.words : embedding(names.head, vocabulary, width, { std, output: true });
  const head = tiedHead(names.headBias, matrix, vocabulary);
  return {
    parameters: parametersOf(embed, stack, transform, transformNorm, e.tied ? undefined : matrix, head),
    contextLength: e.context,
    predicts: "masked",
    separatesDocuments: true,
    blocks: [embed, ...blocks].map(({ parameters }) => parameters),
    state: () => ({}),
    forward(p, input, mode, { at, attention = false } = {}) {
      const { ids, documents, attentionMask } = input;
      checkLength(names.embeddings, ids, e.context);
      const mask = documents ? documentMask(documents) : attentionMask;
      const embedded = flattenRows(mode.dropout(embed(p, input), e.hiddenDropout));
      const { hidden, last, weights } = stack(
        p,
        embedded,
        () => ({ ids, mask, weights: attention }),
        mode,
        at && ((x) => gather(x, at)),
      );
      const transformed = transformNorm(p, activations[e.activation](transform(p, last)));
      return {
        logits: head(p, transformed),
        state: {},
        hidden,
        attention: attention ? weights : undefined,
      };
    },
  };
}

/** The sum of the vectors of a token, its position and its segment, normalised: [batch, length, width]. */
function embeddings(e: Encoder, name: string) {
  const { vocabulary, context, skipped, segments, width, std, epsilon, tied } = e;
  const words = embedding(`${name}.word_embeddings`, vocabulary, width, { std, output: tied });
  const positions = positionEmbedding(`${name}.position_embeddings`, context, width, std, skipped);
  const types =
    segments > 0 ? embedding(`${name}.token_type_embeddings`, segments, width, { std }) : undefined;
  const norm = layerNorm(`${name}.LayerNorm`, width, { epsilon });
  const parameters = parametersOf(words, positions, types, norm);
  const sum = layer(parameters, (p, { ids, positions: at, tokenTypes }: ModelInput) => {
    const placed = add(words(p, ids), positions(p, ids, at));
    if (!types) return norm(p, placed);
    const several = tokenTypes && segments > 1;
    return norm(p, add(placed, several ? types(p, tokenTypes) : types.firstRows(p, 1)));
  });
  return Object.assign(sum, { words });
}

function encoderBlock(e: Encoder, block: string, names: Names["block"]) {
  const { width, inner, std, epsilon } = e;
  const dense = (part: string, inputs: number, outputs: number) =>
    linear(`${block}.${part}`, inputs, outputs, { std });
  return postNormBlock({
    attention: selfAttention({
      projections: [
        dense(names.query, width, width),
        dense(names.key, width, width),
        dense(names.value, width, width),
      ],
      output: dense(names.attentionOutput, width, width),
      heads: e.heads,
      dropout: e.attentionDropout,
    }),
    attentionNorm: layerNorm(`${block}.${names.attentionNorm}`, width, { epsilon }),
    feedForward: feedForward(
      dense(names.inner, width, inner),
      dense(names.outer, inner, width),
      e.activation,
    ),
    feedForwardNorm: layerNorm(`${block}.${names.outputNorm}`, width, { epsilon }),
    dropout: e.hiddenDropout,
  });
}
