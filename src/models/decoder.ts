/** What transformer decoders have in common: embeddings, blocks with a cache, a last norm, and a head. */

import { remember } from "../core/remember.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type CacheSizes, documentMask, localMask } from "../nn/attention.ts";
import type { Embedding, PositionEmbedding } from "../nn/embedding.ts";
import { flattenRows } from "../nn/flatten-rows.ts";
import { type Layer, parametersOf } from "../nn/layer.ts";
import { isPacked } from "../nn/quantized.ts";
import { type Block, blockStack } from "../nn/transformer.ts";
import { add } from "../ops/elementwise.ts";
import { gather } from "../ops/indexing.ts";
import { DecodingState, decodingSpecs, lastRows } from "./decoding-state.ts";
import type { ModelDefinition } from "./define.ts";
import { checkLength } from "./model.ts";

export interface DecoderParts {
  /** Of the architecture, for errors. */
  readonly name: string;
  readonly tokens: Embedding;
  /** Learned positions, which are added to the tokens. Absent: the blocks know them. */
  readonly positions?: PositionEmbedding | undefined;
  readonly blocks: readonly Block[];
  /** Applied to the stream before the head. Absent: the blocks end with norms. */
  readonly finalNorm?: Layer | undefined;
  /** `tokens` again where the head is tied. */
  readonly head: Embedding;
  /** Tokens that it sees at once. */
  readonly context: number;
  readonly cache: CacheSizes;
  /** Probability of dropping a unit of what the first block reads. Default 0. */
  readonly embeddingDropout?: number | undefined;
}

/** The decoder of these parts. */
export function decoder(parts: DecoderParts): ModelDefinition {
  const { name, tokens, positions: learned, blocks, finalNorm, head, context, cache } = parts;
  const { embeddingDropout = 0 } = parts;
  const embed = parametersOf(tokens, learned);
  const stack = blockStack(blocks);
  const { windows = [] } = cache;
  const slides = windows.some((window) => window !== undefined);
  return {
    parameters: [...embed, ...parametersOf(stack, finalNorm, head === tokens ? undefined : head)],
    contextLength: context,
    predicts: "each",
    separatesDocuments: true,
    growsInPlace: !slides,
    slides,
    blocks: [embed, ...blocks.map(({ parameters }) => parameters)],
    state: (batch) => decodingSpecs(batch, cache),
    forward(p, input, mode, wanted = {}) {
      const { ids, documents, attentionMask } = input;
      checkLength(name, ids, context);
      const past = DecodingState.of(input, wanted.inPlace, windows);
      const mask = past ? undefined : documents ? documentMask(documents) : attentionMask;
      const near = new Map<number, Tensor | undefined>();
      /** What a layer sees of a text that is read at once. */
      const maskOf = (window: number | undefined) =>
        past || window === undefined ? mask : remember(near, window, () => slidingMask(ids, window, mask));
      const positions = past?.positions ?? input.positions;
      const embedded = learned ? add(tokens(p, ids), learned(p, ids, positions)) : tokens(p, ids);
      const chosen = (x: Tensor) =>
        wanted.logits === "last" ? lastRows(x, input) : gather(flattenRows(x), wanted.at!);
      const stream = mode.dropout(embedded, embeddingDropout);
      const { hidden, last, added, weights } = stack(
        p,
        isPacked(p) ? stream : flattenRows(stream),
        (k) => ({
          ids,
          positions,
          mask: maskOf(windows[k]),
          weights: wanted.attention,
          past: past?.layer(k),
        }),
        mode,
        wanted.logits === "last" || wanted.at ? chosen : undefined,
      );
      return {
        logits: head.scores(p, flattenRows(finalNorm ? finalNorm(p, last) : last)),
        state: past?.next(added) ?? {},
        hidden: hidden.map(flattenRows),
        attention: wanted.attention ? weights : undefined,
      };
    },
  };
}

/** The mask of layers that see a window; the mask of all where the window holds the text. Attention is causal besides. */
function slidingMask(ids: Tensor, window: number, mask: Tensor | undefined): Tensor | undefined {
  const length = ids.shape[1]!;
  return typeof length === "number" && length <= window ? mask : localMask(ids, window - 1, mask);
}
