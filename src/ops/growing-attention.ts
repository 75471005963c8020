/**
 * Causal self-attention over a text that grows, its keys and values kept in place: the cache has room for tokens that
 * are to come, the new ones' are written behind those in use, and the caller gives the same memory for what goes in and
 * what comes out. One node computes all of it where the runtime has the kernel.
 */
import { hostArray } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { dims, sameShape, sizes, staticDim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { softmaxOf } from "./attention.ts";
import { countTo, emitAttention, type HeadSizes, HIDDEN, swapped } from "./cached-attention.ts";
import { defineOp, drawn, none, type ReferenceArray, real, type SampleInput, typed } from "./define.ts";
import { type Emitter, elementNumber, type Operand, type Value } from "./emitter.ts";

/** Slots of the samples' caches. */
const CAPACITY = 6;

export const cachePlacesOp = defineOp({
  name: "cache_places",
  inputs: ["ids", "used"],
  outputs: ["last", "total", "ends"],
  infer({ ids, used }) {
    if (ids.shape.length !== 2 || used.shape.length !== 1 || used.dtype !== "int32")
      throw new ShapeError("cache_places", "expected ids [batch, length] and used int32 [batch]", [
        ids.shape,
        used.shape,
      ]);
    return { last: { dtype: "int32", shape: used.shape }, total: { dtype: "int32", shape: [] }, ends: used };
  },
  vjp: none("places do not change by degrees"),
  lower(emit, { ids, used }) {
    const ends = emit.node("Add", [used, lengthOf(emit, ids)]);
    return {
      last: emit.node("Sub", [ends, wholeNumber(emit, 1)]),
      total: emit.node("ReduceMax", [ends, emit.ints([0])], { attributes: { keepdims: 0 } }),
      ends,
    };
  },
  reference({ ids, used }, _, { last, total, ends }) {
    const [, length] = sizes("cache_places", ids.shape, 2);
    last.data.set(used.data.map((n) => n + length - 1));
    ends.data.set(used.data.map((n) => n + length));
    total.data[0] = Math.max(...used.data) + length;
  },
  samples: [
    {
      title: "rows of different lengths",
      inputs: {
        ids: { shape: [2, 3], dtype: "int32", values: () => 0 },
        used: { shape: [2], dtype: "int32", values: [4, 1] },
      },
    },
  ],
});

/** Whether attention of heads of `d` numbers reads what is in use of a cache alone, as the library's own kernel does. */
export const seesUsedAlone = (d: number): boolean => d % 8 === 0;

export const growingAttentionOp = defineOp({
  name: "growing_attention",
  inputs: ["query", "addedKey?", "addedValue?", "key", "value", "last", "total", "cos?", "sin?"],
  outputs: ["output", "keys", "values"],
  attributes: typed<{ readonly heads: number }>(),
  infer(inputs, { heads }) {
    const { query, key, value, addedKey, addedValue, cos, sin } = inputs;
    const [batch, length] = dims("growing_attention", query.shape, 3);
    const { kvHeads, d } = headsOf(inputs, heads);
    const width = staticDim("growing_attention", query.shape, 2);
    const fits =
      heads % kvHeads === 0 &&
      sameShape(key.shape, value.shape) &&
      key.shape[0] === batch &&
      Boolean(addedKey) === Boolean(addedValue) &&
      width === (addedKey ? heads : heads + 2 * kvHeads) * d &&
      [addedKey, addedValue].every((x) => !x || sameShape(x.shape, [batch, length, kvHeads * d])) &&
      Boolean(cos) === Boolean(sin) &&
      (!cos || !sin || sameShape(cos.shape, sin.shape));
    if (!fits)
      throw new ShapeError(
        "growing_attention",
        `expected projections [batch, length, (${heads} + 2 · kvHeads) · d], or queries, keys and values apart, and two caches [batch, kvHeads, capacity, d]`,
        [query, key, value].map((x) => x.shape),
      );
    const output = { dtype: "float32", shape: [batch, length, heads * d] } as const;
    return { output, keys: key, values: value };
  },
  vjp: none("a cache serves decoding, which learns nothing"),
  lower(emit, inputs, { heads }) {
    const all = headsOf(inputs, heads);
    const whole = !emit.kernels.missing.has("GroupQueryAttention") && seesUsedAlone(all.d);
    if (!whole) return inPlainNodes(emit, inputs, all);
    const { key, value, last, total, cos, sin } = inputs;
    // The kernel turns whole vectors of eight pairs.
    const turns = cos && all.d % 16 === 0 && staticDim("growing_attention", cos.shape, 1) % 8 === 0;
    const { query, addedKey, addedValue } = cos && !turns ? turned(emit, inputs, all) : inputs;
    const tables = turns ? [cos, sin] : [];
    const { output, keys, values } = emit.nodes(
      "GroupQueryAttention",
      [query, addedKey, addedValue, key, value, last, total, ...tables],
      ["output", "keys", "values"],
      {
        domain: "com.microsoft",
        attributes: { num_heads: heads, kv_num_heads: all.kvHeads, do_rotary: Number(Boolean(turns)) },
      },
    );
    return { output, keys, values };
  },
  reference(inputs, { heads }, { output, keys, values }) {
    const { query, addedKey, addedValue, key, value, last, cos, sin } = inputs;
    const [batch, length] = sizes("growing_attention", query.shape, 3);
    const [, kvHeads, capacity, d] = sizes("growing_attention", key.shape, 4);
    keys.data.set(key.data);
    values.data.set(value.data);
    const packed = heads + 2 * kvHeads;
    /** Number `i` of a head of new token `t`: of the queries, or with the first head of its part, of the others. */
    const fresh = (x: ReferenceArray | undefined, all: number, first: number) => {
      const [from, count, begin] = x ? [x, all, 0] : [query, packed, first];
      return (b: number, t: number, h: number, i: number) =>
        from.data[((b * length + t) * count + begin + h) * d + i]!;
    };
    const q = fresh(addedKey && query, heads, 0);
    const [k, v] = [fresh(addedKey, kvHeads, heads), fresh(addedValue, kvHeads, heads + kvHeads)];
    const turn = (x: typeof q, b: number, t: number, h: number, i: number, position: number): number => {
      const half = cos ? cos.shape[1]! : 0;
      if (!cos || !sin || i >= 2 * half) return x(b, t, h, i);
      const at = position * half + (i % half);
      const pair = i < half ? -x(b, t, h, i + half) : x(b, t, h, i - half);
      return x(b, t, h, i) * cos.data[at]! + pair * sin.data[at]!;
    };
    for (let b = 0; b < batch; b++) {
      const begin = last.data[b]! + 1 - length;
      for (let h = 0; h < kvHeads; h++)
        for (let t = 0; t < length; t++)
          for (let i = 0; i < d; i++) {
            const at = ((b * kvHeads + h) * capacity + begin + t) * d + i;
            keys.data[at] = turn(k, b, t, h, i, begin + t);
            values.data[at] = v(b, t, h, i);
          }
      for (let h = 0; h < heads; h++) {
        const row = (b * kvHeads + Math.floor((h * kvHeads) / heads)) * capacity;
        for (let t = 0; t < length; t++) {
          const turnedQuery = Array.from({ length: d }, (_, i) => turn(q, b, t, h, i, begin + t));
          const scores = Array.from(
            { length: begin + t + 1 },
            (_, s) =>
              turnedQuery.reduce((sum, x, i) => sum + x * keys.data[(row + s) * d + i]!, 0) / Math.sqrt(d),
          );
          for (const [s, weight] of softmaxOf(scores).entries())
            for (let i = 0; i < d; i++)
              output.data[((b * length + t) * heads + h) * d + i]! +=
                weight * values.data[(row + s) * d + i]!;
        }
      }
    }
  },
  get samples() {
    return [
      sample("a prompt", { batch: 2, length: 3, used: [0, 0], heads: 2, d: 8 }),
      sample("one token more, rows of different lengths", {
        batch: 2,
        length: 1,
        used: [3, 1],
        heads: 2,
        d: 8,
      }),
      sample("the first token", { batch: 2, length: 1, used: [0, 0], heads: 2, d: 8 }),
      sample("several tokens more, heads that share keys", {
        batch: 1,
        length: 2,
        used: [3],
        heads: 4,
        kvHeads: 2,
        d: 8,
      }),
      sample("small heads, turned", {
        batch: 2,
        length: 1,
        used: [2, 4],
        heads: 4,
        kvHeads: 2,
        d: 4,
        pairs: 2,
      }),
      sample("turned in part, in parts", {
        batch: 2,
        length: 1,
        used: [2, 4],
        heads: 4,
        kvHeads: 2,
        d: 8,
        pairs: 2,
        apart: true,
      }),
      sample("turned by the kernel, in parts", {
        batch: 2,
        length: 1,
        used: [0, 4],
        heads: 2,
        kvHeads: 1,
        d: 16,
        pairs: 8,
        apart: true,
      }),
      sample("turned by the kernel, side by side", {
        batch: 1,
        length: 3,
        used: [2],
        heads: 2,
        d: 16,
        pairs: 8,
      }),
    ];
  },
});

/** Where the new tokens' keys and values go, for all layers. */
export interface CachePlaces {
  /** Place of each row's last new token: int32 [batch]. */
  readonly last: Tensor;
  /** Tokens of the longest row, the new ones included: int32 scalar. */
  readonly total: Tensor;
  /** Tokens of each row, the new ones included: int32 [batch]. */
  readonly ends: Tensor;
}

/**
 * @param ids the new tokens, [batch, length]
 * @param used int32 [batch], tokens of each row in the cache
 */
export function cachePlaces(ids: Tensor, used: Tensor): CachePlaces {
  return cachePlacesOp.apply({ ids, used });
}

/**
 * Attention of new tokens to those in the cache and to each other. Several tokens at once need empty caches, or a batch
 * of one row.
 * @param parts queries, keys and values side by side, [batch, length, (heads + 2 · kvHeads) · d], or apart
 * @param cache key and value [batch, kvHeads, capacity, d], with room for the new tokens
 * @param heads of the queries, a multiple of kvHeads
 * @param tables cosines and sines, [context, pairs], by which queries and keys are turned at their places. Default: not.
 * @returns `output` [batch, length, heads · d], and the caches with the new tokens
 */
export function growingAttention(
  [query, addedKey, addedValue]: readonly Tensor[],
  { key, value }: { readonly key: Tensor; readonly value: Tensor },
  { last, total }: CachePlaces,
  heads: number,
  tables?: { readonly cos: Tensor; readonly sin: Tensor },
): { output: Tensor; key: Tensor; value: Tensor } {
  const inputs = { query: query!, addedKey, addedValue, key, value, last, total, ...tables };
  const { output, keys, values } = growingAttentionOp.apply(inputs, { heads });
  return { output, key: keys, value: values };
}

interface Inputs<T> {
  readonly query: T;
  readonly addedKey?: T | undefined;
  readonly addedValue?: T | undefined;
  readonly key: T;
  readonly value: T;
  readonly last: T;
  readonly cos?: T | undefined;
  readonly sin?: T | undefined;
}

function headsOf({ key }: Pick<Inputs<Pick<Tensor, "shape">>, "key">, heads: number): HeadSizes {
  const kvHeads = staticDim("growing_attention", key.shape, 1);
  const d = staticDim("growing_attention", key.shape, 3);
  return { heads, kvHeads, d };
}

/** Queries, keys and values apart, the first two turned. */
function turned(emit: Emitter, inputs: Inputs<Operand>, { heads, kvHeads, d }: HeadSizes) {
  const { query, addedKey, addedValue, cos, sin } = inputs;
  const parts = emit.ints([heads * d, kvHeads * d, kvHeads * d]);
  const { q, k, v } =
    addedKey && addedValue
      ? { q: query, k: addedKey, v: addedValue }
      : emit.nodes("Split", [query, parts], ["q", "k", "v"], { attributes: { axis: 2 } });
  if (!cos || !sin) return { query: q, addedKey: k, addedValue: v };
  const count = emit.node("Reshape", [
    countTo(emit, emit.node("Shape", [query], axis(1))),
    emit.ints([1, -1]),
  ]);
  const begin = emit.node("Reshape", [beginOf(emit, inputs), emit.ints([-1, 1])]);
  const positions = emit.node("Cast", [emit.node("Add", [begin, count])], {
    attributes: { to: elementNumber.int64 },
  });
  const rotaryDim = 2 * staticDim("growing_attention", cos.shape, 1);
  const turn = (x: Value, n: number) =>
    emit.node("RotaryEmbedding", [x, positions, cos, sin], {
      domain: "com.microsoft",
      attributes: rotaryDim < d ? { num_heads: n, rotary_embedding_dim: rotaryDim } : {},
    });
  return { query: turn(q, heads), addedKey: turn(k, kvHeads), addedValue: v };
}

/** The whole of it in ordinary nodes, for heads and devices that the fused kernel does not serve. */
function inPlainNodes(emit: Emitter, inputs: Inputs<Operand>, all: HeadSizes) {
  const { key, value, query } = inputs;
  const { query: q, addedKey, addedValue } = turned(emit, inputs, all);
  const byHead = (x: Value) => swapped(emit, emit.node("Reshape", [x, emit.ints([0, 0, -1, all.d])]));
  const places = countTo(emit, emit.node("Shape", [key], axis(2)));
  const column = (x: string) => emit.node("Reshape", [x, emit.ints([-1, 1, 1, 1])]);
  const begin = column(beginOf(emit, inputs));
  // Which new token a place gets, counted from the first.
  const index = emit.node("Sub", [emit.node("Reshape", [places, emit.ints([1, 1, -1, 1])]), begin]);
  const fresh = emit.node("And", [
    emit.node("GreaterOrEqual", [index, wholeNumber(emit, 0)]),
    emit.node("Less", [index, lengthOf(emit, query)]),
  ]);
  const chosen = emit.node("Where", [fresh, index, wholeNumber(emit, 0)]);
  const filled = (cache: Operand, added: Value) => {
    const from = emit.node("Expand", [chosen, emit.node("Shape", [cache])]);
    const rows = emit.node("GatherElements", [byHead(added), from], { attributes: { axis: 2 } });
    return emit.node("Where", [fresh, rows, cache]);
  };
  const [keys, values] = [filled(key, addedKey), filled(value, addedValue)];
  const tokens = countTo(emit, emit.node("Shape", [query], axis(1)));
  const own = emit.node("Add", [begin, emit.node("Reshape", [tokens, emit.ints([1, 1, -1, 1])])]);
  const visible = emit.node("LessOrEqual", [emit.node("Reshape", [places, emit.ints([1, 1, 1, -1])]), own]);
  const bias = emit.node("Where", [visible, emit.scalar(0), emit.scalar(HIDDEN)]);
  return { output: emitAttention(emit, { q: byHead(q), keys, values, bias }, all), keys, values };
}

/** One axis of a shape, as int64 [1]. */
const axis = (start: number) => ({ attributes: { start, end: start + 1 } });

/** Place of each row's first new token: int32 [batch]. */
const beginOf = (emit: Emitter, { last, query }: Inputs<Operand>): string =>
  emit.node("Sub", [emit.node("Add", [last, wholeNumber(emit, 1)]), lengthOf(emit, query)]);

/** The second axis's size: int32 [1]. */
const lengthOf = (emit: Emitter, x: Operand): string =>
  typeof x.shape[1] === "number"
    ? wholeNumber(emit, x.shape[1])
    : emit.node("Cast", [emit.node("Shape", [x], axis(1))], { attributes: { to: elementNumber.int32 } });

const wholeNumber = (emit: Emitter, n: number): string =>
  emit.constant(hostArray("int32", [1], Int32Array.of(n)));

function sample(
  title: string,
  shape: {
    batch: number;
    length: number;
    used: readonly number[];
    heads: number;
    kvHeads?: number;
    d: number;
    /** Pairs of a head that are turned. */
    pairs?: number;
    apart?: boolean;
  },
) {
  const { batch, length, used, heads, kvHeads = heads, d, pairs, apart = false } = shape;
  // Room that is not in use holds zeros: a kernel that is given other memory for its results leaves it so.
  const cache = (salt: number): SampleInput => ({
    shape: [batch, kvHeads, CAPACITY, d],
    dtype: "float32",
    values: Array.from({ length: batch * kvHeads * CAPACITY * d }, (_, i) => {
      const b = Math.floor(i / (kvHeads * CAPACITY * d));
      return Math.floor(i / d) % CAPACITY < used[b]! ? Math.sin(salt * (i + 1)) : 0;
    }),
  });
  const number = drawn("float32", (u) => 2 * u - 1);
  const inputs = {
    query: real(batch, length, (apart ? heads : heads + 2 * kvHeads) * d),
    ...(apart
      ? { addedKey: real(batch, length, kvHeads * d), addedValue: real(batch, length, kvHeads * d) }
      : {}),
    key: cache(3),
    value: cache(5),
    last: { shape: [batch], dtype: "int32", values: used.map((n) => n + length - 1) },
    total: { shape: [], dtype: "int32", values: [Math.max(...used) + length] },
    ...(pairs ? { cos: number(CAPACITY, pairs), sin: number(CAPACITY, pairs) } : {}),
  } satisfies Record<string, SampleInput>;
  return { title, inputs, attributes: { heads } };
}
