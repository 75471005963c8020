/** What BERT and DistilBERT share: embeddings, encoder blocks, and a head that scores hidden tokens. */
import { documentMask, selfAttention } from "../nn/attention.ts";
import { embedding, positionEmbedding, tiedHead } from "../nn/embedding.ts";
import { layer, parametersOf } from "../nn/layer.ts";
import { flattenRows, linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { type Activation, activations, blockStack, feedForward, postNormBlock } from "../nn/transformer.ts";
import { add } from "../ops/elementwise.ts";
import { gather } from "../ops/indexing.ts";
import type { ModelDefinition } from "./define.ts";
import { checkLength, type ModelInput } from "./model.ts";

export interface MaskedEncoderConfig {
  readonly vocabulary: number;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** Units of the perceptrons' hidden layer. */
  readonly inner: number;
  readonly context: number;
  /** Kinds of segments; 0 where the model does not distinguish them. */
  readonly segments: number;
  readonly activation: Activation;
  readonly epsilon: number;
  readonly attentionDropout: number;
  readonly hiddenDropout: number;
  /** Standard deviation of the first weights. */
  readonly std: number;
  /** Whether the head's matrix is the token embedding. */
  readonly tied: boolean;
}

/** The names of the parts. */
export interface MaskedEncoderNames {
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

export function buildMaskedEncoder(e: MaskedEncoderConfig, names: MaskedEncoderNames): ModelDefinition {
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
      const { hidden, weights } = stack(p, embedded, () => ({ ids, mask, weights: attention }), mode);
      const last = hidden.at(-1)!;
      const rows = at ? gather(last, at) : last;
      const transformed = transformNorm(p, activations[e.activation](transform(p, rows)));
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
function embeddings(
  { vocabulary, context, segments, width, std, epsilon, tied }: MaskedEncoderConfig,
  name: string,
) {
  const words = embedding(`${name}.word_embeddings`, vocabulary, width, { std, output: tied });
  const positions = positionEmbedding(`${name}.position_embeddings`, context, width, std);
  const types =
    segments > 0 ? embedding(`${name}.token_type_embeddings`, segments, width, { std }) : undefined;
  const norm = layerNorm(`${name}.LayerNorm`, width, { epsilon });
  const parameters = parametersOf(words, positions, types, norm);
  const sum = layer(parameters, (p, { ids, positions: at, tokenTypes }: ModelInput) => {
    const placed = add(words(p, ids), positions(p, ids, at));
    if (!types) return norm(p, placed);
    return norm(p, add(placed, tokenTypes ? types(p, tokenTypes) : types.firstRows(p, 1)));
  });
  return Object.assign(sum, { words });
}

function encoderBlock(e: MaskedEncoderConfig, block: string, names: MaskedEncoderNames["block"]) {
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
