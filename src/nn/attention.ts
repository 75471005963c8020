/** Multi-head attention for training, for reading a text at once, and for a text that grows in a cache. */
import { ShapeError } from "../core/errors.ts";
import { type Dim, staticDim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { attention, attentionWeights, fromHeads, toHeads } from "../ops/attention.ts";
import { reshape, unflatten } from "../ops/broadcast.ts";
import { type CacheMask, cachedAttention } from "../ops/cached-attention.ts";
import { matmul } from "../ops/matmul.ts";
import { concatenate, split } from "../ops/movement.ts";
import { cast, equal } from "../ops/select.ts";
import { type Layer, layer, parametersOf } from "./layer.ts";
import type { Mode } from "./mode.ts";
import type { Parameters } from "./parameters.ts";

export interface AttentionOptions {
  /** Heads of the queries. */
  readonly heads: number;
  /**
   * Heads of the keys and values, each shared by heads / kvHeads heads of queries (grouped queries: Ainslie et al.
   * 2023, arXiv 2305.13245). Default: as many as `heads`.
   */
  readonly kvHeads?: number | undefined;
  /** Whether a position sees only itself and the positions before it. Default false. */
  readonly causal?: boolean | undefined;
  /** int32, 0 for keys that are hidden: [batch, keys], or [batch, length, keys]. Absent: all are seen. */
  readonly mask?: Tensor | undefined;
  /** Probability of dropping an attention weight while training. Default 0. */
  readonly dropout?: number | undefined;
}

/**
 * softmax(q · kᵀ / √d) · v for each head.
 * @param q [batch, length, heads · d]
 * @param k [batch, keys, kvHeads · d], as `v`
 * @returns [batch, length, heads · d]
 */
export function attend(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions, mode: Mode): Tensor {
  const { heads, kvHeads = heads, causal = false, mask, dropout = 0 } = options;
  const [keys, values] = [repeatHeads(k, kvHeads, heads), repeatHeads(v, kvHeads, heads)];
  // Weights smaller than two streams are kept for the gradient: that costs less than computing them again.
  const large = () => heads * staticDim("attention", k.shape, 1) > 2 * staticDim("attention", q.shape, 2);
  if (!mode.training || (dropout === 0 && large()))
    return attention(q, keys, values, { heads, causal, mask });
  const weights = attentionWeights(toHeads(q, heads), toHeads(keys, heads), { causal, mask });
  return fromHeads(matmul(mode.dropout(weights, dropout), toHeads(values, heads)));
}

/** Each head of x repeated in place, `from` heads to `to`: [batch, keys, from · d] → [batch, keys, to · d]. */
export function repeatHeads(x: Tensor, from: number, to: number): Tensor {
  if (from === to) return x;
  const [batch, keys] = x.shape as [Dim, Dim];
  const width = staticDim("attention", x.shape, 2);
  if (to % from !== 0 || width % from !== 0)
    throw new ShapeError("attention", `${from} heads of keys do not fit ${to} heads of queries`, [x.shape]);
  const one = reshape(x, [batch, keys, from, 1, width / from]);
  const repeated = concatenate(new Array<Tensor>(to / from).fill(one), 3);
  return reshape(repeated, [batch, keys, (width * to) / from]);
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
 * {@link attend} without dropout, in plain operations, which also gives the probabilities.
 * @returns `output` [batch, length, heads · d]; `weights` [batch, heads, length, keys], whose rows sum to 1
 */
export function attendWithWeights(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, kvHeads = heads, causal = false, mask }: AttentionOptions,
): { output: Tensor; weights: Tensor } {
  const keys = toHeads(repeatHeads(k, kvHeads, heads), heads);
  const weights = attentionWeights(toHeads(q, heads), keys, { causal, mask });
  return { output: fromHeads(matmul(weights, toHeads(repeatHeads(v, kvHeads, heads), heads))), weights };
}

/** Keys and values of one layer: [batch, heads, tokens, d]. */
export interface Cache {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** The specs of all layers' caches, `key{layer}` and `value{layer}`; the caller chooses their `capacity`. */
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

export interface SelfAttentionConfig
  extends Pick<AttentionOptions, "heads" | "kvHeads" | "causal" | "dropout"> {
  /** Three layers for queries, keys and values, or one that gives them side by side. */
  readonly projections: readonly [query: Layer, key: Layer, value: Layer] | readonly [joined: Layer];
  readonly output: Layer;
}

export interface SelfAttentionInput {
  /** Token ids [batch, length]: only their shape is used. */
  readonly ids: Tensor;
  /** int32 [batch, length] or [batch, length, length], 0 for keys that are hidden; not with a cache. */
  readonly mask?: Tensor | undefined;
  /** Gives queries and keys [batch, length, heads · d] their positions, where the stream has none. */
  readonly applyRotary?: ((x: Tensor) => Tensor) | undefined;
  /** Keys and values of earlier calls, and the mask of what new tokens see. */
  readonly past?: { readonly cache: Cache; readonly mask: CacheMask } | undefined;
  /** Whether to compute attention in plain operations and give its probabilities; not with a cache. */
  readonly weights?: boolean | undefined;
}

export interface SelfAttentionOutput {
  /** [batch · length, width] */
  readonly output: Tensor;
  /** What the cache must take in, where there is one. */
  readonly added?: Cache | undefined;
  /** The probabilities, where asked for: [batch, heads, length, length]. */
  readonly weights?: Tensor | undefined;
}

export type SelfAttention = Layer<[x: Tensor, input: SelfAttentionInput, mode: Mode], SelfAttentionOutput>;

/** Attention of a text to itself: x [batch · length, width]. Parameters: those of the projections and the output. */
export function selfAttention(config: SelfAttentionConfig): SelfAttention {
  const { projections, output, heads, kvHeads = heads, causal = false, dropout = 0 } = config;
  const project = (p: Parameters, x: Tensor, ids: Tensor) => {
    const parts = projections.map((projection) => unflatten(projection(p, x), ids));
    const [first] = parts as [Tensor];
    if (parts.length === 3) return { parts, joined: undefined };
    const d = staticDim("attention", first.shape, 2) / (heads + 2 * kvHeads);
    return { parts: split(first, 2, [heads * d, kvHeads * d, kvHeads * d]), joined: first };
  };
  const attended = (p: Parameters, x: Tensor, input: SelfAttentionInput, mode: Mode): SelfAttentionOutput => {
    const { ids, mask, applyRotary, past, weights } = input;
    const { parts, joined } = project(p, x, ids);
    const [plainQ, plainK, v] = parts as [Tensor, Tensor, Tensor];
    const [q, k] = applyRotary ? [applyRotary(plainQ), applyRotary(plainK)] : [plainQ, plainK];
    if (past) {
      const whole = [q, repeatHeads(k, kvHeads, heads), repeatHeads(v, kvHeads, heads)];
      const qkv = joined && !applyRotary && kvHeads === heads ? joined : concatenate(whole, 2);
      const { cache, mask: seen } = past;
      const { output, ...added } = cachedAttention(qkv, cache.key, cache.value, seen, heads);
      return { output, added };
    }
    const options = { heads, kvHeads, causal, mask, dropout };
    return weights ? attendWithWeights(q, k, v, options) : { output: attend(q, k, v, options, mode) };
  };
  return layer(
    parametersOf(...projections, output),
    (p, x: Tensor, input: SelfAttentionInput, mode: Mode) => {
      const result = attended(p, x, input, mode);
      return { ...result, output: output(p, reshape(result.output, [x.shape[0]!, result.output.shape[2]!])) };
    },
  );
}
