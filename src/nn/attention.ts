/** Multi-head attention for training, for reading a text at once, and for a text that grows in a cache. */

import { int32 } from "../core/array.ts";
import { checkObject, checkOptions, optionNames } from "../core/options.ts";
import { type Dim, staticDim } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import { checkTensor, checkTensors } from "../graph/operands.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Spec } from "../graph/tree.ts";
import { attention, attentionWeights, fromHeads, repeatHeads, toHeads } from "../ops/attention.ts";
import { reshape, unflatten } from "../ops/broadcast.ts";
import { cachedAttention } from "../ops/cached-attention.ts";
import { multiply, subtract } from "../ops/elementwise.ts";
import { type CachePlaces, growingAttention } from "../ops/growing-attention.ts";
import { indexAlong } from "../ops/indexing.ts";
import { matmul } from "../ops/matmul.ts";
import { concatenate, split, transpose } from "../ops/movement.ts";
import { type Rotation, rotary, rotationTables } from "../ops/rotary.ts";
import { cast, equal, greater, less } from "../ops/select.ts";
import { type Layer, layer, parametersOf } from "./layer.ts";
import { sideBySide } from "./linear.ts";
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

const attentionNames = optionNames<keyof AttentionOptions>()("heads kvHeads causal mask dropout");

/**
 * softmax(q · kᵀ / √d) · v for each head.
 * @param q [batch, length, heads · d]
 * @param k [batch, keys, kvHeads · d], as `v`
 * @returns [batch, length, heads · d]
 */
export function attend(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions, mode: Mode): Tensor {
  const { heads, kvHeads, causal = false, mask, dropout = 0 } = checkOptions(options, attentionNames);
  // Weights smaller than two streams are kept for the gradient: that costs less than computing them again.
  const large = () => heads * staticDim("attention", k.shape, 1) > 2 * staticDim("attention", q.shape, 2);
  if (!mode.training || (dropout === 0 && large()))
    return attention(q, k, v, { heads, kvHeads, causal, mask });
  return attendWithWeights(q, k, v, options, (weights) => mode.dropout(weights, dropout)).output;
}

/**
 * The mask that keeps the documents of a row from seeing each other: int32 [batch, length, length].
 * @param documents int32 [batch, length], the number of the document that each token belongs to
 */
export function documentMask(documents: Tensor): Tensor {
  checkTensor(documents, "documentMask");
  const [batch, length] = documents.shape as [Dim, Dim];
  const same = equal(reshape(documents, [batch, length, 1]), reshape(documents, [batch, 1, length]));
  return cast(same, "int32");
}

/**
 * The mask of local attention, in which a position sees those up to `reach` before and after it: int32 [batch, length,
 * length].
 * @param ids [batch, length]: only their shape is used
 * @param mask int32 [batch, length] or [batch, length, length], 0 for keys that are hidden besides. Default: none.
 */
export function localMask(ids: Tensor, reach: number, mask?: Tensor): Tensor {
  checkTensor(ids, "localMask");
  const [batch, length] = ids.shape as [Dim, Dim];
  const places = indexAlong(ids, 1);
  const apart = subtract(reshape(places, [batch, length, 1]), reshape(places, [batch, 1, length]));
  const beyond = (steps: number) => constant(int32([], [steps]));
  const local = multiply(
    cast(less(apart, beyond(reach + 1)), "int32"),
    cast(greater(apart, beyond(-reach - 1)), "int32"),
  );
  if (!mask) return local;
  return multiply(local, mask.shape.length === 2 ? reshape(mask, [batch, 1, length]) : mask);
}

/**
 * {@link attend} in plain operations, which also gives the probabilities.
 * @param dropout changes the probabilities that values are mixed by. Default: they stay.
 * @returns `output` [batch, length, heads · d]; `weights` [batch, heads, length, keys], in rows that sum to 1
 */
export function attendWithWeights(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions,
  dropout = (weights: Tensor) => weights,
): { output: Tensor; weights: Tensor } {
  const { heads, kvHeads = heads, causal = false, mask } = checkOptions(options, attentionNames);
  checkTensors([q, k, v], "attendWithWeights");
  const [keys, values] = [k, v].map((x) => toHeads(repeatHeads(x, kvHeads, heads), heads)) as [
    Tensor,
    Tensor,
  ];
  const weights = attentionWeights(toHeads(q, heads), keys, { causal, mask });
  return { output: fromHeads(matmul(dropout(weights), values)), weights };
}

/** Keys and values of one layer: [batch, kvHeads, tokens, d]. */
export interface Cache {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** How new tokens join a cache: the mask of what they see, as `cacheMask` gives it; or where they go, as `cachePlaces`. */
export type CacheEntry = { readonly mask: Tensor } | { readonly places: CachePlaces };
/** Keys and values of earlier calls. */
export type CachePast = { readonly cache: Cache } & CacheEntry;

/** What decides the size of a cache. */
export interface CacheSizes {
  readonly layers: number;
  /** Heads of the queries. */
  readonly heads: number;
  /** heads · numbers of a head. */
  readonly width: number;
  /** Heads of the keys and values. Default: `heads`. */
  readonly kvHeads?: number | undefined;
  /** Of each layer, the tokens that one sees, itself included. Default: all. */
  readonly windows?: Windows | undefined;
}

/** Of each layer, the tokens that one sees, itself included; undefined of those that see all before it. */
export type Windows = readonly (number | undefined)[];

/** Tokens that are kept for a window: all but the newest, which comes with the next call. */
export const keptOf = (window: number): number => Math.max(1, window - 1);

/**
 * The specs of all layers' caches, `key{layer}` and `value{layer}`. The caller chooses their `capacity`; those of layers
 * with a window keep as many tokens as it takes, the latest last.
 */
export function cacheSpecs(batch: Dim, sizes: CacheSizes): Record<string, Spec> {
  checkObject(sizes, "sizes", "an object, such as { layers, heads, width }");
  const { layers, heads, width, kvHeads = heads, windows } = sizes;
  const spec = (layer: number): Spec => {
    const window = windows?.[layer];
    const tokens = window === undefined ? "capacity" : keptOf(window);
    return { dtype: "float32", shape: [batch, kvHeads, tokens, width / heads] };
  };
  return Object.fromEntries(
    Array.from({ length: layers }, (_, k) => [
      [`key${k}`, spec(k)],
      [`value${k}`, spec(k)],
    ]).flat(),
  );
}

export interface SelfAttentionConfig
  extends Pick<AttentionOptions, "heads" | "kvHeads" | "causal" | "dropout"> {
  /** Three layers for queries, keys and values, or one that gives them side by side. */
  readonly projections: readonly [query: Layer, key: Layer, value: Layer] | readonly [joined: Layer];
  /** Whether one layer gives each head's query, key and value side by side, as in GPT-NeoX. Default false. */
  readonly byHead?: boolean | undefined;
  /** Applied to each head's queries and keys, [..., d] → [..., d], before they are rotated. Default: none. */
  readonly norms?: readonly [query: Layer, key: Layer] | undefined;
  readonly output: Layer;
  /** Rotates queries and keys by their positions, where the stream has none. Default: it has. */
  readonly rotary?: Omit<Rotation, "headSize"> | undefined;
}

const selfAttentionNames = optionNames<keyof SelfAttentionConfig>()(
  "heads kvHeads causal dropout projections byHead norms output rotary",
);

export interface SelfAttentionInput {
  /** Token ids [batch, length]: only their shape is used. */
  readonly ids: Tensor;
  /** int32 [batch, length] or [batch, length, length], 0 for keys that are hidden; not with a cache. */
  readonly mask?: Tensor | undefined;
  /** Positions for `rotary`: int32 [batch, length]. Default: each row counts from 0. */
  readonly positions?: Tensor | undefined;
  /** Keys and values of earlier calls. With `places`, positions are the tokens' places. */
  readonly past?: CachePast | undefined;
  /** The rows of the stream that are needed after the block, given the stream in its shape. Default: all. */
  readonly rows?: ((x: Tensor) => Tensor) | undefined;
  /** Whether to compute attention in plain operations and give its probabilities; not with a cache. */
  readonly weights?: boolean | undefined;
}

export interface SelfAttentionOutput {
  /** Of the stream's shape, or of the wanted rows. */
  readonly output: Tensor;
  /** Where there is a cache, what it must take in; with `places`, the whole cache. */
  readonly added?: Cache | undefined;
  /** The probabilities, where asked for: [batch, heads, length, length]. */
  readonly weights?: Tensor | undefined;
}

export type SelfAttention = Layer<[x: Tensor, input: SelfAttentionInput, mode: Mode], SelfAttentionOutput>;

/**
 * Attention of a text to itself. The stream x is [batch · length, width] or, as decoders with packed weights have it,
 * [batch, length, width]. Parameters: those of the projections and the output.
 */
export function selfAttention(config: SelfAttentionConfig): SelfAttention {
  const {
    projections,
    output,
    norms,
    heads,
    kvHeads = heads,
    ...rest
  } = checkOptions(config, selfAttentionNames);
  const { causal = false, dropout = 0, byHead = false } = rest;
  const projected = sideBySide(projections);
  const project = (p: Parameters, x: Tensor, ids: Tensor) => {
    const products = projected(p, x);
    const parts = products.parts.map((part) => byText(part, ids));
    if (parts.length === 3) return { parts, joined: products.joined && byText(products.joined, ids) };
    const d = staticDim("attention", parts[0]!.shape, 2) / (heads + 2 * kvHeads);
    const joined = byHead ? byPart(parts[0]!, heads, d) : parts[0]!;
    return { parts: split(joined, 2, [heads * d, kvHeads * d, kvHeads * d]), joined };
  };
  /** Queries or keys, each head normalised. */
  const normed = (p: Parameters, y: Tensor, norm: Layer | undefined, headSize: number) => {
    const [batch, length, width] = y.shape as [Dim, Dim, number];
    return norm ? reshape(norm(p, reshape(y, [batch, length, width / headSize, headSize])), y.shape) : y;
  };
  const attended = (p: Parameters, x: Tensor, input: SelfAttentionInput, mode: Mode): SelfAttentionOutput => {
    const { ids, mask, positions, past, weights } = input;
    const { parts, joined } = project(p, x, ids);
    const [plainQ, plainK, v] = parts as [Tensor, Tensor, Tensor];
    const headSize = staticDim("attention", plainQ.shape, 2) / heads;
    const [normedQ, normedK] = [
      normed(p, plainQ, norms?.[0], headSize),
      normed(p, plainK, norms?.[1], headSize),
    ];
    const rotation = config.rotary && { ...config.rotary, headSize };
    if (past && "places" in past) {
      const apart = joined && !norms ? [joined] : [normedQ, normedK, v];
      const { output, ...added } = growingAttention(
        apart,
        past.cache,
        past.places,
        heads,
        tablesOf(rotation),
      );
      return { output, added };
    }
    const turned = (y: Tensor) => (rotation ? rotary(y, rotation, positions) : y);
    const [q, k] = [turned(normedQ), turned(normedK)];
    if (past) {
      const qkv = joined && !config.rotary && !norms ? joined : concatenate([q, k, v], 2);
      const { cache, mask: seen } = past;
      const { output, ...added } = cachedAttention(qkv, cache.key, cache.value, seen, heads);
      return { output, added };
    }
    const options = { heads, kvHeads, causal, mask, dropout };
    return weights ? attendWithWeights(q, k, v, options) : { output: attend(q, k, v, options, mode) };
  };
  return layer(
    parametersOf(projected, ...(norms ?? []), output),
    (p, x: Tensor, input: SelfAttentionInput, mode: Mode) => {
      const result = attended(p, x, input, mode);
      const mixed = reshape(result.output, [...x.shape.slice(0, -1), result.output.shape[2]!]);
      return { ...result, output: output(p, chosenRows(mixed, input)) };
    },
  );
}

/** The stream's rows by text, [batch, length, ...], where it has them one after another. */
const byText = (x: Tensor, ids: Tensor): Tensor => (x.shape.length === 3 ? x : unflatten(x, ids));

/** The rows of the stream that go on. */
export const chosenRows = (x: Tensor, { rows }: Pick<SelfAttentionInput, "rows">): Tensor =>
  rows ? rows(x) : x;

/** Cosines and sines of a rotation as constants. */
function tablesOf(rotation: Rotation | undefined) {
  if (!rotation) return undefined;
  const { cos, sin } = rotationTables(rotation);
  return { cos: constant(cos), sin: constant(sin) };
}

/** Each head's query, key and value side by side, [batch, length, heads · 3 · d], to all queries, all keys, all values. */
function byPart(x: Tensor, heads: number, d: number): Tensor {
  const [batch, length] = x.shape as [Dim, Dim];
  const apart = reshape(x, [batch, length, heads, 3, d]);
  return reshape(transpose(apart, [0, 1, 3, 2, 4]), x.shape);
}
