/**
 * Causal self-attention over a text that grows. The keys and values of what was read before are given, with
 * room behind them that is not looked at; those of the new tokens are returned for whoever keeps them.
 */
import { hostArray } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { type Dim, dims, sameShape, sizes, staticDim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { softmaxOf } from "./attention.ts";
import { defineOp, indices, none, type ReferenceArray, real, type SampleInput, typed } from "./define.ts";
import { type Emitter, elementNumber, type Operand, type Value } from "./emitter.ts";
import { emitMatMul } from "./lowering.ts";

/** What is added to the score of a token that is not seen: as good as minus infinity, and never NaN. */
export const HIDDEN = -1e30;
/** Slots of the samples' caches. */
const CAPACITY = 5;

/** What of a cache is seen. */
export type CacheWindow = {
  /** Tokens that each one sees, itself included; slots are one apart. Default: all. */
  readonly window?: number | undefined;
  /** Whether the tokens in use are the last slots, not the first, and those that have no slot are forgotten. Default false. */
  readonly latest?: boolean | undefined;
};

export const cacheMaskOp = defineOp({
  name: "cache_mask",
  inputs: ["cache", "ids", "used"],
  outputs: ["bias"],
  attributes: typed<CacheWindow>(),
  infer({ cache, ids, used }) {
    if (cache.shape.length !== 4 || ids.shape.length !== 2 || used.shape.length !== 1)
      throw new ShapeError(
        "cache_mask",
        "expected a cache [batch, heads, capacity, d], ids [batch, length] and used [batch]",
        [cache.shape, ids.shape, used.shape],
      );
    const [, , capacity] = dims("cache_mask", cache.shape, 4);
    const [batch, length] = dims("cache_mask", ids.shape, 2);
    return { bias: { dtype: "float32", shape: [batch, 1, length, total(capacity, length)] } };
  },
  vjp: none("which tokens are seen does not change by degrees"),
  lower(emit, { cache, ids, used }, { window, latest = false }) {
    const size = (value: Operand, axis: number) =>
      emit.node("Gather", [emit.node("Shape", [value]), emit.ints([axis])]);
    const [batch, capacity, length] = [size(ids, 0), size(cache, 2), size(ids, 1)];
    const places = countTo(emit, length);
    const slots = countTo(emit, capacity);
    const column = emit.node("Unsqueeze", [places, emit.ints([1])]);
    const inUse = emit.node("Reshape", [used, emit.ints([-1, 1, 1, 1])]);
    const room = emit.node("Cast", [capacity], { attributes: { to: elementNumber.int32 } });
    /** Those of `seen` from which a query at `query` is less than a window away. */
    const near = (seen: string, keys: string, query: string) =>
      window === undefined
        ? seen
        : emit.node("And", [
            seen,
            emit.node("Less", [
              emit.node("Sub", [query, keys]),
              emit.constant(hostArray("int32", [], Int32Array.of(window))),
            ]),
          ]);
    const kept = near(
      latest
        ? emit.node("GreaterOrEqual", [slots, emit.node("Sub", [room, inUse])])
        : emit.node("Less", [slots, inUse]),
      slots,
      emit.node("Add", [column, room]),
    );
    const earlier = near(emit.node("LessOrEqual", [places, column]), places, column);
    const bias = (visible: string) => emit.node("Where", [visible, emit.scalar(0), emit.scalar(HIDDEN)]);
    const one = emit.ints([1]);
    const concat = (parts: readonly string[], axis: number) =>
      emit.node("Concat", parts, { attributes: { axis } });
    const stretched = (value: string, rows: string, queries: string) =>
      emit.node("Expand", [value, concat([rows, one, queries, one], 0)]);
    return { bias: concat([stretched(bias(kept), one, length), stretched(bias(earlier), batch, one)], 3) };
  },
  reference({ cache, ids, used }, { window = Infinity, latest = false }, { bias }) {
    const [, , capacity] = sizes("cache_mask", cache.shape, 4);
    const [batch, length] = sizes("cache_mask", ids.shape, 2);
    let at = 0;
    for (let b = 0; b < batch; b++)
      for (let t = 0; t < length; t++)
        for (let s = 0; s < capacity + length; s++) {
          const inUse = latest ? s >= capacity - used.data[b]! : s < used.data[b]!;
          const near = capacity + t - s < window;
          bias.data[at++] = near && (s < capacity ? inUse : s - capacity <= t) ? 0 : HIDDEN;
        }
  },
  samples: [
    maskSample("two rows, one of them empty", [0, 3]),
    maskSample("a window over a whole cache", [4, 3], { window: 3 }),
    maskSample("the latest tokens, in a window", [0, 2], { window: 5, latest: true }),
    maskSample("the latest tokens of longer texts", [4, 9], { window: 5, latest: true }),
  ],
});

export const cachedAttentionOp = defineOp({
  name: "cached_attention",
  inputs: ["qkv", "key", "value", "bias"],
  outputs: ["output", "newKey", "newValue"],
  attributes: typed<{ readonly heads: number }>(),
  infer({ qkv, key, value, bias }, { heads }) {
    const [batch, length] = dims("cached_attention", qkv.shape, 3);
    const [, , capacity] = dims("cached_attention", key.shape, 4);
    const { kvHeads, d } = headsOf(qkv, key, heads);
    const cache = [batch, kvHeads, capacity, d];
    const fits =
      heads % kvHeads === 0 &&
      [key, value].every(({ shape }) => sameShape(shape, cache)) &&
      bias.shape[3] === total(capacity, length);
    if (!fits)
      throw new ShapeError(
        "cached_attention",
        `expected projections [batch, length, (${heads} + 2 · kvHeads) · d], two caches [batch, kvHeads, capacity, d] and their mask`,
        [qkv, key, value, bias].map((x) => x.shape),
      );
    const added = { dtype: "float32", shape: [batch, kvHeads, length, d] } as const;
    const output = { dtype: "float32", shape: [batch, length, heads * d] } as const;
    return { output, newKey: added, newValue: added };
  },
  vjp: none("a cache serves decoding, which learns nothing"),
  /** Old and new keys are put side by side, and one product reads them: the copy costs less than a second product. */
  lower(emit, { qkv, key, value, bias }, { heads }) {
    const sizes = { heads, ...headsOf(qkv, key, heads) };
    const { kvHeads, d } = sizes;
    const apart = emit.node("Reshape", [qkv, emit.ints([0, 0, heads + 2 * kvHeads, d])]);
    const parts = [swapped(emit, apart), emit.ints([heads, kvHeads, kvHeads])];
    const { q, k, v } = emit.nodes("Split", parts, ["q", "k", "v"], { attributes: { axis: 1 } });
    const all = (kept: Value, added: string) =>
      emit.node("Concat", [kept, added], { attributes: { axis: 2 } });
    const output = emitAttention(emit, { q, keys: all(key, k), values: all(value, v), bias }, sizes);
    return { output, newKey: k, newValue: v };
  },
  reference({ qkv, key, value, bias }, { heads }, { output, newKey, newValue }) {
    const [batch, length, width] = sizes("cached_attention", output.shape, 3);
    const [, kvHeads, capacity, d] = sizes("cached_attention", key.shape, 4);
    const all = heads + 2 * kvHeads;
    const seen = capacity + length;
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        const shared = Math.floor((h * kvHeads) / heads);
        const row = b * kvHeads + shared;
        /** Where the query, the key and the value of this head begin among those of a token. */
        const begins = [h, heads + shared, heads + kvHeads + shared];
        /** Number `i` of part `part` (query, key or value) of new token `t`. */
        const fresh = (part: number, t: number, i: number) =>
          qkv.data[((b * length + t) * all + begins[part]!) * d + i]!;
        const either = (cache: ReferenceArray, part: number, s: number, i: number) =>
          s < capacity ? cache.data[(row * capacity + s) * d + i]! : fresh(part, s - capacity, i);
        for (let t = 0; t < length; t++) {
          const scores = Array.from({ length: seen }, (_, s) => {
            let score = 0;
            for (let i = 0; i < d; i++) score += fresh(0, t, i) * either(key, 1, s, i);
            return score / Math.sqrt(d) + bias.data[(b * length + t) * seen + s]!;
          });
          const weights = softmaxOf(scores);
          for (let i = 0; i < d; i++) {
            const at = (row * length + t) * d + i;
            newKey.data[at] = fresh(1, t, i);
            newValue.data[at] = fresh(2, t, i);
            output.data[(b * length + t) * width + h * d + i] = weights.reduce(
              (sum, weight, s) => sum + weight * either(value, 2, s, i),
              0,
            );
          }
        }
      }
    }
  },
  get samples() {
    return [
      sample("a prompt", { batch: 2, length: 3, used: [0, 0], heads: 2, d: 4 }),
      sample("one token more, rows of different lengths", {
        batch: 2,
        length: 1,
        used: [2, 4],
        heads: 2,
        d: 4,
      }),
      sample("several tokens more", { batch: 2, length: 2, used: [3, 1], heads: 1, d: 3 }),
      sample("heads of queries that share keys", {
        batch: 2,
        length: 2,
        used: [3, 1],
        heads: 6,
        kvHeads: 2,
        d: 2,
      }),
    ];
  },
});

/**
 * What new tokens see, for all layers: the tokens in use in the cache, and of the new ones themselves and
 * those before them.
 * @param cache any of the caches
 * @param ids the new tokens, [batch, length]
 * @param used int32 [batch], tokens of each row in the cache, or read so far where it has the latest
 * @returns what is added to scores: [batch, 1, length, capacity + length]
 */
export function cacheMask(cache: Tensor, ids: Tensor, used: Tensor, window: CacheWindow = {}): Tensor {
  return cacheMaskOp.apply({ cache, ids, used }, window).bias;
}

/**
 * Attention of new tokens to a cache and to each other.
 * @param qkv queries, keys and values side by side: [batch, length, (heads + 2 · kvHeads) · d]
 * @param key [batch, kvHeads, capacity, d], as `value`; each serves heads / kvHeads heads of queries in a row
 * @param bias of {@link cacheMask}
 * @param heads of the queries, a multiple of kvHeads
 * @returns `output` [batch, length, heads · d], and `key` and `value` of the new tokens [batch, kvHeads, length, d]
 */
export function cachedAttention(
  qkv: Tensor,
  key: Tensor,
  value: Tensor,
  bias: Tensor,
  heads: number,
): { output: Tensor; key: Tensor; value: Tensor } {
  const { output, newKey, newValue } = cachedAttentionOp.apply({ qkv, key, value, bias }, { heads });
  return { output, key: newKey, value: newValue };
}

/** Heads of the queries, heads of the keys and values, and the numbers of one head. */
export interface HeadSizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly d: number;
}

/**
 * softmax(q · kᵀ / √d + bias) · v as [batch, length, heads · d]. The queries are scaled, not the scores, as the runtime's
 * kernel for one row takes no factor. Heads of queries that share keys become rows of one product, so that no key is
 * repeated.
 * @param operands q [batch, heads, length, d]; keys and values [batch, kvHeads, seen, d]; bias [batch, 1, length, seen]
 */
export function emitAttention(
  emit: Emitter,
  { q, keys, values, bias }: Readonly<Record<"q" | "keys" | "values" | "bias", Value>>,
  { heads, kvHeads, d }: HeadSizes,
): string {
  const grouped = kvHeads < heads;
  /** [batch, heads, length, n] → [batch, kvHeads, heads / kvHeads · length, n]. */
  const joined = (x: string, n: number) =>
    grouped ? emit.node("Reshape", [x, emit.ints([0, kvHeads, -1, n])]) : x;
  const scaled = emit.node("Mul", [q, emit.scalar(1 / Math.sqrt(d))]);
  const products = emitMatMul(emit, joined(scaled, d), keys, {
    transposeA: false,
    transposeB: true,
    alpha: 1,
    ranks: { a: 4, b: 4 },
  });
  // Each head of queries has rows of its own for the mask: [batch, heads, length, seen], and back.
  const scores = grouped ? emit.node("Reshape", [products, shapeOfScores(emit, bias, heads)]) : products;
  const softmax = emit.node("Softmax", [emit.node("Add", [scores, bias])], { attributes: { axis: -1 } });
  const weights = grouped ? emit.node("Reshape", [softmax, emit.node("Shape", [products])]) : softmax;
  const mixed = emit.node("MatMul", [weights, values]);
  const byHead = grouped ? emit.node("Reshape", [mixed, emit.node("Shape", [q])]) : mixed;
  return emit.node("Reshape", [swapped(emit, byHead), emit.ints([0, 0, heads * d])]);
}

/** Heads of keys and values, and the numbers of one head. */
function headsOf(qkv: Pick<Tensor, "shape">, key: Pick<Tensor, "shape">, heads: number) {
  const kvHeads = staticDim("cached_attention", key.shape, 1);
  return { kvHeads, d: staticDim("cached_attention", qkv.shape, 2) / (heads + 2 * kvHeads) };
}

/** [batch, heads, length, seen] of a mask [batch, 1, length, seen]. */
function shapeOfScores(emit: Emitter, bias: Value, heads: number): string {
  const expand = emit.ints([1, heads, 1, 1]);
  return emit.node("Mul", [emit.node("Shape", [bias]), expand]);
}

const total = (capacity: Dim, length: Dim): Dim =>
  typeof capacity === "number" && typeof length === "number" ? capacity + length : `${capacity}+${length}`;

/** 0, 1, … up to a size given as int64 [1], as int32. */
export function countTo(emit: Emitter, size: string): string {
  const scalar = emit.node("Cast", [emit.node("Squeeze", [size])], {
    attributes: { to: elementNumber.int32 },
  });
  const number = (n: number) => emit.constant(hostArray("int32", [], Int32Array.of(n)));
  return emit.node("Range", [number(0), scalar, number(1)]);
}

/** The two axes in the middle exchanged. */
export const swapped = (emit: Emitter, x: string): string =>
  emit.node("Transpose", [x], { attributes: { perm: [0, 2, 1, 3] } });

function maskSample(title: string, used: readonly number[], attributes: CacheWindow = {}) {
  const inputs = {
    cache: real(2, 1, 4, 2),
    ids: indices(9, 2, 3),
    used: { shape: [2], dtype: "int32", values: used },
  } satisfies Record<string, SampleInput>;
  return { title, inputs, attributes };
}

function sample(
  title: string,
  sizes: {
    batch: number;
    length: number;
    used: readonly number[];
    heads: number;
    kvHeads?: number;
    d: number;
  },
) {
  const { batch, length, used, heads, kvHeads = heads, d } = sizes;
  const seen = CAPACITY + length;
  const bias = Array.from({ length: batch * length * seen }, (_, i) => {
    const [t, s] = [Math.floor(i / seen) % length, i % seen];
    const visible = s < CAPACITY ? s < used[Math.floor(i / seen / length)]! : s - CAPACITY <= t;
    return visible ? 0 : HIDDEN;
  });
  const inputs = {
    qkv: real(batch, length, (heads + 2 * kvHeads) * d),
    key: real(batch, kvHeads, CAPACITY, d),
    value: real(batch, kvHeads, CAPACITY, d),
    bias: { shape: [batch, 1, length, seen], dtype: "float32", values: bias },
  } satisfies Record<string, SampleInput>;
  return { title, inputs, attributes: { heads } };
}
