/** Multi-head attention for training, for reading a text at once, and for a text that grows in a cache. */
import { type Dim, staticDim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { attention, attentionWeights, fromHeads, toHeads } from "../ops/attention.ts";
import { reshape } from "../ops/broadcast.ts";
import { matmul } from "../ops/matmul.ts";
import { split } from "../ops/movement.ts";
import { cast, equal } from "../ops/select.ts";
import type { Mode } from "./mode.ts";

export interface AttentionOptions {
  readonly heads: number;
  /** Whether a position sees only itself and what lies before it. Default false. */
  readonly causal?: boolean;
  /** int32, 0 where a key is not to be seen: [batch, keys], or [batch, length, keys]. Absent: all are seen. */
  readonly mask?: Tensor | undefined;
  /** Probability of dropping an attention weight while training. Default 0. */
  readonly dropout?: number;
}

/** softmax(q · kᵀ / √d) · v for each head. q [batch, length, width], k and v [batch, keys, width] → [batch, length, width]. */
export function attend(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, causal = false, mask, dropout = 0 }: AttentionOptions,
  mode: Mode,
): Tensor {
  // Weights no larger than two streams are rather kept for the gradient than made again.
  const large = () => heads * staticDim("attention", k.shape, 1) > 2 * staticDim("attention", q.shape, 2);
  if (!mode.training || (dropout === 0 && large())) return attention(q, k, v, { heads, causal, mask });
  const weights = attentionWeights(toHeads(q, heads), toHeads(k, heads), { causal, mask });
  return fromHeads(matmul(mode.dropout(weights, dropout), toHeads(v, heads)));
}

/**
 * The mask that keeps the documents of a row from seeing each other: int32 [batch, length, length].
 * @param documents int32 [batch, length], the number of the document that each token belongs to
 */
export function documentMask(documents: Tensor): Tensor {
  const [batch, length] = documents.shape as [Dim, Dim];
  const same = equal(reshape(documents, [batch, length, 1]), reshape(documents, [batch, 1, length]));
  return cast(same, "int32");
}

/**
 * As {@link attend} without dropout, in plain operations, and with the probabilities that it went by.
 * @returns `output` [batch, length, width]; `weights` [batch, heads, length, keys], whose rows sum to 1
 */
export function attendOpenly(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, causal = false, mask }: AttentionOptions,
): { output: Tensor; weights: Tensor } {
  const weights = attentionWeights(toHeads(q, heads), toHeads(k, heads), { causal, mask });
  return { output: fromHeads(matmul(weights, toHeads(v, heads))), weights };
}

/** Queries, keys and values from one projection [batch, length, 3 · width]. */
export function splitProjections(qkv: Tensor): readonly [Tensor, Tensor, Tensor] {
  return split(qkv, 2, 3) as readonly [Tensor, Tensor, Tensor];
}

/** Keys and values of one layer: [batch, heads, tokens, d]. */
export interface Cache {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** The specs of all layers' caches, `key{layer}` and `value{layer}`, with a `capacity` that whoever feeds them chooses. */
export function cacheSpecs(
  batch: Dim,
  { layers, heads, width }: { layers: number; heads: number; width: number },
): Record<string, Spec> {
  const spec: Spec = { dtype: "float32", shape: [batch, heads, "capacity", width / heads] };
  return Object.fromEntries(
    Array.from({ length: layers }, (_, k) => [
      [`key${k}`, spec],
      [`value${k}`, spec],
    ]).flat(),
  );
}
