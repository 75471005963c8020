/** Causal self-attention over a text that grows, its keys and values kept in memory of fixed capacity. */
import { ShapeError } from "../core/errors.ts";
import { type Dim, staticDim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { attendRow } from "./attention.ts";
import { defineOp, type Emitter, none, type Operand, real, type SampleInput, zeros } from "./define.ts";

/** Slots of the samples' caches. */
const CAPACITY = 6;

type CachedAttributes = { readonly heads: number };

/** The runtime's kernel wants heads of a multiple of 8 numbers; narrower ones are filled up with zeros. */
export const cachedHeadSize = (width: number, heads: number): number => Math.ceil(width / heads / 8) * 8;

export const cachedAttentionOp = defineOp<CachedAttributes>({
  name: "cached_attention",
  infer([qkv, key, value, ends], { heads }) {
    const width = staticDim("cached_attention", qkv!.shape, 2) / 3;
    const [batch, length] = qkv!.shape as [Dim, Dim];
    const fits = [key!, value!].every(
      ({ shape }) =>
        shape.length === 4 &&
        shape[0] === batch &&
        shape[1] === heads &&
        shape[2] === key!.shape[2] &&
        shape[3] === cachedHeadSize(width, heads),
    );
    if (!fits || width % heads !== 0 || ends!.shape.length !== 1)
      throw new ShapeError(
        "cached_attention",
        `expected projections [batch, length, 3 · width], two caches [batch, ${heads}, capacity, d] and ends [batch]`,
        [qkv, key, value, ends].map((x) => x!.shape),
      );
    return [
      { dtype: "float32", shape: [batch, length, width] },
      { dtype: "float32", shape: key!.shape },
      { dtype: "float32", shape: value!.shape },
    ];
  },
  vjp: none("a cache serves decoding, which learns nothing"),
  lower(emit, [qkv, key, value, ends], { heads }, [out]) {
    const width = out!.shape[2] as number;
    const d = width / heads;
    const padded = cachedHeadSize(width, heads);
    const projections = padded === d ? qkv!.name : padHeads(emit, qkv!, 3 * heads, d, padded);
    const last = emit.node("Sub", [ends!.name, emit.constant(one)]);
    const total = emit.node("ReduceMax", [ends!.name, emit.ints([0])], { attributes: { keepdims: 1 } });
    const [y, k, v] = emit.nodes(
      "GroupQueryAttention",
      [projections, "", "", key!.name, value!.name, last, total],
      3,
      {
        domain: "com.microsoft",
        attributes: { num_heads: heads, kv_num_heads: heads, scale: { float: 1 / Math.sqrt(d) } },
      },
    ) as [string, string, string];
    return [padded === d ? y : cutHeads(emit, y, heads, d, padded), k, v];
  },
  reference([qkv, key, value, ends], { heads }, outputs) {
    const out = zeros(outputs[0]!.shape);
    const [k, v] = [key!, value!].map((x) => ({ shape: x.shape, data: x.data.slice() })) as [
      typeof out,
      typeof out,
    ];
    const [batch, length, width] = out.shape as [number, number, number];
    const [, , capacity, padded] = k.shape as [number, number, number, number];
    const d = width / heads;
    const fresh = Math.max(...ends!.data) === length;
    for (let b = 0; b < batch; b++) {
      const start = fresh ? 0 : ends!.data[b]! - length;
      const rows = zeros([start + length, width]);
      const values = zeros([start + length, width]);
      for (let s = 0; s < start + length; s++) {
        for (let i = 0; i < width; i++) {
          const at = ((b * heads + Math.floor(i / d)) * capacity + s) * padded + (i % d);
          if (s >= start) {
            const from = (b * length + s - start) * 3 * width + i;
            k.data[at] = qkv!.data[from + width]!;
            v.data[at] = qkv!.data[from + 2 * width]!;
          }
          rows.data[s * width + i] = k.data[at]!;
          values.data[s * width + i] = v.data[at]!;
        }
      }
      for (let t = 0; t < length; t++) {
        const query = { shape: out.shape, data: new Float64Array(out.data.length) };
        const from = (b * length + t) * 3 * width;
        query.data.set(qkv!.data.subarray(from, from + width), (b * length + t) * width);
        attendRow(
          out,
          (b * length + t) * width,
          query,
          rows,
          values,
          0,
          start + t + 1,
          width,
          heads,
          () => 0,
        );
      }
    }
    return [out, k, v];
  },
  samples: [
    sample("a prompt", { batch: 2, length: 3, ends: [3, 3], heads: 2, d: 8 }),
    {
      ...sample("one token more, rows of different lengths", {
        batch: 2,
        length: 1,
        ends: [3, 5],
        heads: 2,
        d: 8,
      }),
      notOnWebgpu: "its GroupQueryAttention takes rows of one length only",
    },
    sample("a second piece", { batch: 1, length: 2, ends: [5], heads: 1, d: 8 }),
    sample("narrow heads", { batch: 2, length: 1, ends: [2, 2], heads: 2, d: 3 }),
  ],
});

/**
 * Writes the keys and values of new tokens into the caches and lets each token see all before it.
 *
 * Either every row is empty before, and shorter rows are filled up at the right with tokens whose results
 * mean nothing; or each row gets `length` real tokens, and more than one only where the batch is 1.
 * @param qkv queries, keys and values side by side: [batch, length, 3 · width]
 * @param key [batch, heads, capacity, {@link cachedHeadSize}]; with `value` it may be fed and fetched as
 *   one memory, in which case only the new tokens are written
 * @param ends int32 [batch]: tokens of each row that stand in the cache afterwards; what lies behind them
 *   means nothing
 */
export function cachedAttention(qkv: Tensor, key: Tensor, value: Tensor, ends: Tensor, heads: number) {
  const [output, nextKey, nextValue] = cachedAttentionOp.apply([qkv, key, value, ends], { heads });
  return { output: output!, key: nextKey!, value: nextValue! };
}

const one = { dtype: "int32", shape: [], data: Int32Array.of(1) } as const;

function padHeads(emit: Emitter, x: Operand, heads: number, d: number, padded: number): string {
  const apart = emit.node("Reshape", [x.name, emit.ints([0, 0, heads, d])]);
  const filled = emit.node("Pad", [apart, emit.ints([0, padded - d]), "", emit.ints([3])]);
  return emit.node("Reshape", [filled, emit.ints([0, 0, heads * padded])]);
}

function cutHeads(emit: Emitter, y: string, heads: number, d: number, padded: number): string {
  const apart = emit.node("Reshape", [y, emit.ints([0, 0, heads, padded])]);
  const cut = emit.node("Slice", [apart, emit.ints([0]), emit.ints([d]), emit.ints([3])]);
  return emit.node("Reshape", [cut, emit.ints([0, 0, heads * d])]);
}

function sample(
  title: string,
  sizes: { batch: number; length: number; ends: readonly number[]; heads: number; d: number },
) {
  const { batch, length, ends, heads, d } = sizes;
  const inputs = [
    real(batch, length, 3 * heads * d),
    usedCache(sizes, 1),
    usedCache(sizes, 2),
    { shape: [batch], dtype: "int32" as const, values: ends },
  ];
  return { title, inputs, attributes: { heads } };
}

/** A cache as the operation leaves it: zeros behind what is used, and in the filling of narrow heads. */
function usedCache(
  {
    batch,
    length,
    ends,
    heads,
    d,
  }: { batch: number; length: number; ends: readonly number[]; heads: number; d: number },
  seed: number,
): SampleInput {
  const padded = cachedHeadSize(heads * d, heads);
  const values = Array.from({ length: batch * heads * CAPACITY * padded }, (_, i) => {
    const slot = Math.floor(i / padded) % CAPACITY;
    const row = Math.floor(i / padded / CAPACITY / heads);
    return slot < ends[row]! - length && i % padded < d ? Math.sin(seed + 7 * i) : 0;
  });
  return { shape: [batch, heads, CAPACITY, padded], dtype: "float32", values };
}
