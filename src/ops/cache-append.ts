/** A cache of keys or values that grows in the memory of a device: what is in use and what is new, in a cache of another size. */
import { ShapeError } from "../core/errors.ts";
import { dims, sameShape } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, none, real, type SampleInput } from "./define.ts";

const index = (...values: readonly number[]): SampleInput => ({
  shape: [values.length],
  dtype: "int32",
  values,
});

export const cacheAppendOp = defineOp({
  name: "cache_append",
  inputs: ["cache", "added", "index"],
  outputs: ["grown"],
  infer({ cache, added, index }) {
    const [batch, heads, , width] = dims("cache_append", cache.shape, 4);
    const [b, h, , w] = dims("cache_append", added.shape, 4);
    const [room] = dims("cache_append", index.shape, 1);
    if (!sameShape([batch!, heads!, width!], [b!, h!, w!]) || index.dtype !== "int32")
      throw new ShapeError("cache_append", "expected two caches [batch, heads, tokens, d] and int32 [room]", [
        cache.shape,
        added.shape,
        index.shape,
      ]);
    return { grown: { dtype: cache.dtype, shape: [batch!, heads!, room!, width!] } };
  },
  vjp: none("it is for decoding"),
  lower(emit, { cache, added, index }) {
    const joined = emit.node("Concat", [cache, added], { attributes: { axis: 2 } });
    return { grown: emit.node("Gather", [joined, index], { attributes: { axis: 2 } }) };
  },
  reference({ cache, added, index }, _, { grown }) {
    const [batch, heads, capacity, width] = cache.shape as [number, number, number, number];
    const [, , length] = added.shape as [number, number, number, number];
    const room = index.data.length;
    for (let row = 0; row < batch * heads; row++)
      for (const [slot, from] of index.data.entries()) {
        const source = from < capacity ? cache : added;
        const size = from < capacity ? capacity : length;
        const at = (row * size + (from < capacity ? from : from - capacity)) * width;
        grown.data.set(source.data.subarray(at, at + width), (row * room + slot) * width);
      }
  },
  samples: [
    {
      title: "two tokens behind one, with more room",
      inputs: { cache: real(2, 2, 3, 4), added: real(2, 2, 2, 4), index: index(0, 3, 4, 0, 0) },
    },
  ],
});

/**
 * Tokens of a cache and those after it, gathered: cache [batch, heads, capacity, d], added [batch, heads, length, d], index
 * int32 [room] → [batch, heads, room, d]. An index of `capacity` or more is of an added token.
 */
export const cacheAppend = (cache: Tensor, added: Tensor, index: Tensor): Tensor =>
  cacheAppendOp.apply({ cache, added, index }).grown;
