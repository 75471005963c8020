/** Moving elements without changing them: transpose, slice and its adjoint pad, split and its adjoint concatenate. */
import { float32 } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { type Dim, normaliseAxis, sameShape, staticDim, staticShape, stridesOf } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { broadcastTo } from "./broadcast.ts";
import { defineOp, type ReferenceArray, real, zeros } from "./define.ts";

export const transposeOp = defineOp<{ readonly permutation: readonly number[] }>({
  name: "transpose",
  infer([x], { permutation }) {
    if (permutation.length !== x!.shape.length || new Set(permutation).size !== permutation.length) {
      throw new ShapeError("transpose", `[${permutation.join(", ")}] does not order the axes`, [x!.shape]);
    }
    return [{ dtype: x!.dtype, shape: permutation.map((axis) => x!.shape[axis]!) }];
  },
  vjp: ({ cotangents: [g], attributes: { permutation } }) => [
    transpose(
      g!,
      permutation.map((_, i) => permutation.indexOf(i)),
    ),
  ],
  lower: (emit, [x], { permutation }) =>
    emit.node("Transpose", [x!.name], { attributes: { perm: permutation } }),
  reference([x], { permutation }, [out]) {
    const result = zeros(out!.shape);
    const strides = stridesOf(x!.shape);
    forEachIndex(result.shape, (index, o) => {
      let at = 0;
      for (let i = 0; i < index.length; i++) at += index[i]! * strides[permutation[i]!]!;
      result.data[o] = x!.data[at]!;
    });
    return [result];
  },
  samples: [
    { title: "matrix", inputs: [real(2, 3)], attributes: { permutation: [1, 0] } },
    { title: "heads", inputs: [real(2, 3, 4, 5)], attributes: { permutation: [0, 2, 1, 3] } },
    { title: "cycle", inputs: [real(2, 3, 4)], attributes: { permutation: [2, 0, 1] } },
  ],
});

/** Reorders axes: axis `i` of the result is axis `permutation[i]` of `x`. Default: the last two swapped. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const rank = x.shape.length;
  const order =
    permutation ?? x.shape.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
  return order.every((axis, i) => axis === i) ? x : transposeOp.apply([x], { permutation: order })[0]!;
}

export const sliceOp = defineOp<{ readonly axis: number; readonly start: number; readonly length: number }>({
  name: "slice",
  infer([x], { axis, start, length }) {
    const size = x!.shape[axis];
    const fits = start < 0 ? start + length <= 0 : typeof size !== "number" || start + length <= size;
    if (!fits || length < 1)
      throw new ShapeError("slice", `${length} elements from ${start} are out of range on axis ${axis}`, [
        x!.shape,
      ]);
    return [{ dtype: x!.dtype, shape: x!.shape.map((d, i) => (i === axis ? length : d)) }];
  },
  vjp({ inputs: [x], cotangents: [g], attributes: { axis, start, length } }) {
    const size = staticDim("slice", x!.shape, axis);
    const before = start < 0 ? size + start : start;
    return [pad(g!, axis, before, size - before - length)];
  },
  lower(emit, [x], { axis, start, length }) {
    const end = start < 0 && start + length === 0 ? 2 ** 31 - 1 : start + length;
    return emit.node("Slice", [x!.name, emit.ints([start]), emit.ints([end]), emit.ints([axis])]);
  },
  reference([x], { axis, start }, [out]) {
    const from = start < 0 ? x!.shape[axis]! + start : start;
    const result = zeros(out!.shape);
    copyAlong(result, x!, axis, 0, from, out!.shape[axis] as number);
    return [result];
  },
  samples: [
    { title: "first axis", inputs: [real(5, 3)], attributes: { axis: 0, start: 1, length: 3 } },
    { title: "last element", inputs: [real(2, 4, 3)], attributes: { axis: 1, start: -1, length: 1 } },
  ],
});

/** `length` elements of one axis from `start`; a negative start counts from the end. */
export function slice(x: Tensor, axis: number, start: number, length: number): Tensor {
  const a = normaliseAxis("slice", axis, x.shape);
  if (start === 0 && x.shape[a] === length) return x;
  return sliceOp.apply([x], { axis: a, start, length })[0]!;
}

export const padOp = defineOp<{ readonly axis: number; readonly before: number; readonly after: number }>({
  name: "pad",
  infer([x], { axis, before, after }) {
    const size = staticDim("pad", x!.shape, axis);
    if (size + Math.min(before, 0) + Math.min(after, 0) < 1)
      throw new ShapeError("pad", `nothing is left of axis ${axis}`, [x!.shape]);
    return [{ dtype: x!.dtype, shape: x!.shape.map((d, i) => (i === axis ? size + before + after : d)) }];
  },
  vjp: ({ cotangents: [g], attributes: { axis, before, after } }) => [pad(g!, axis, -before, -after)],
  lower: (emit, [x], { axis, before, after }) =>
    emit.node("Pad", [x!.name, emit.ints([before, after]), "", emit.ints([axis])]),
  reference([x], { axis, before, after }, [out]) {
    const result = zeros(out!.shape);
    const kept = x!.shape[axis]! + Math.min(before, 0) + Math.min(after, 0);
    copyAlong(result, x!, axis, Math.max(before, 0), Math.max(-before, 0), kept);
    return [result];
  },
  samples: [
    { title: "both ends", inputs: [real(2, 3)], attributes: { axis: 1, before: 1, after: 2 } },
    { title: "causal", inputs: [real(2, 3, 2)], attributes: { axis: 1, before: 2, after: 0 } },
    { title: "later", inputs: [real(2, 5, 2)], attributes: { axis: 1, before: 2, after: -2 } },
    { title: "earlier", inputs: [real(5, 3)], attributes: { axis: 0, before: -1, after: 1 } },
  ],
});

/** Zeros before and after along one axis; a negative number takes so many elements away. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  if (before === 0 && after === 0) return x;
  const a = normaliseAxis("pad", axis, x.shape);
  if (before <= 0 && after <= 0) return slice(x, a, -before, staticDim("pad", x.shape, a) + before + after);
  return padOp.apply([x], { axis: a, before, after })[0]!;
}

export const concatenateOp = defineOp<{ readonly axis: number }>({
  name: "concatenate",
  infer(parts, { axis }) {
    const [first] = parts;
    const rest = (shape: readonly Dim[]) => shape.filter((_, i) => i !== axis);
    for (const part of parts) {
      if (
        part.dtype !== first!.dtype ||
        part.shape.length !== first!.shape.length ||
        !sameShape(rest(part.shape), rest(first!.shape))
      ) {
        throw new ShapeError(
          "concatenate",
          `operands differ outside axis ${axis}`,
          parts.map((p) => p.shape),
        );
      }
    }
    const sizes = parts.map((p) => p.shape[axis]!);
    const total = sizes.every((s) => typeof s === "number")
      ? sizes.reduce((a, b) => a + (b as number), 0)
      : sizes.join("+");
    return [{ dtype: first!.dtype, shape: first!.shape.map((d, i) => (i === axis ? total : d)) }];
  },
  vjp: ({ inputs, cotangents: [g], attributes: { axis } }) =>
    split(
      g!,
      axis,
      inputs.map((x) => staticDim("concatenate", x.shape, axis)),
    ),
  lower: (emit, parts, { axis }) =>
    emit.node(
      "Concat",
      parts.map((p) => p.name),
      { attributes: { axis } },
    ),
  reference(parts, { axis }, [out]) {
    const result = zeros(out!.shape);
    let at = 0;
    for (const part of parts) {
      copyAlong(result, part, axis, at, 0, part.shape[axis]!);
      at += part.shape[axis]!;
    }
    return [result];
  },
  samples: [
    { title: "rows", inputs: [real(2, 3), real(1, 3)], attributes: { axis: 0 } },
    { title: "last axis, three", inputs: [real(2, 3), real(2, 1), real(2, 2)], attributes: { axis: 1 } },
  ],
});

/** Joins tensors along one axis. */
export function concatenate(parts: readonly Tensor[], axis: number): Tensor {
  if (parts.length === 1) return parts[0]!;
  return concatenateOp.apply(parts, { axis: normaliseAxis("concatenate", axis, parts[0]!.shape) })[0]!;
}

export const splitOp = defineOp<{ readonly axis: number; readonly sizes: readonly number[] }>({
  name: "split",
  infer([x], { axis, sizes }) {
    if (sizes.reduce((a, b) => a + b, 0) !== x!.shape[axis]) {
      throw new ShapeError("split", `parts [${sizes.join(", ")}] do not add up on axis ${axis}`, [x!.shape]);
    }
    return sizes.map((size) => ({ dtype: x!.dtype, shape: x!.shape.map((d, i) => (i === axis ? size : d)) }));
  },
  vjp: ({ outputs, cotangents, attributes: { axis } }) => [
    concatenate(
      outputs.map((out, i) => cotangents[i] ?? zerosLike(out)),
      axis,
    ),
  ],
  lower: (emit, [x], { axis, sizes }) =>
    emit.nodes("Split", [x!.name, emit.ints(sizes)], sizes.length, { attributes: { axis } }),
  reference([x], { axis }, outputs) {
    let at = 0;
    return outputs.map((out) => {
      const part = zeros(out.shape);
      copyAlong(part, x!, axis, 0, at, out.shape[axis] as number);
      at += out.shape[axis] as number;
      return part;
    });
  },
  samples: [
    { title: "columns", inputs: [real(2, 6)], attributes: { axis: 1, sizes: [1, 2, 3] } },
    { title: "heads", inputs: [real(4, 2, 3)], attributes: { axis: 0, sizes: [2, 2] } },
  ],
});

/** Cuts one axis into parts of the given sizes, or into `n` equal parts. */
export function split(x: Tensor, axis: number, parts: readonly number[] | number): readonly Tensor[] {
  const a = normaliseAxis("split", axis, x.shape);
  const sizes =
    typeof parts === "number" ? new Array<number>(parts).fill(staticDim("split", x.shape, a) / parts) : parts;
  return sizes.length === 1 ? [x] : splitOp.apply([x], { axis: a, sizes });
}

/** A float32 tensor of zeros with the static shape of `x`. */
export function zerosLike(x: Tensor): Tensor {
  return broadcastTo(constant(float32([], [0])), staticShape("zeros", x.shape));
}

/** Copies `count` rows of an axis from `source` (from `sourceAt`) into `target` (from `targetAt`). */
function copyAlong(
  target: ReferenceArray,
  source: ReferenceArray,
  axis: number,
  targetAt: number,
  sourceAt: number,
  count: number,
) {
  const inner = source.shape.slice(axis + 1).reduce((n, d) => n * d, 1);
  const outer = source.shape.slice(0, axis).reduce((n, d) => n * d, 1);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < count * inner; k++) {
      target.data[(o * target.shape[axis]! + targetAt) * inner + k] =
        source.data[(o * source.shape[axis]! + sourceAt) * inner + k]!;
    }
  }
}

/** Calls `visit` with every index of a shape and its row-major position. */
export function forEachIndex(
  shape: readonly number[],
  visit: (index: readonly number[], flat: number) => void,
): void {
  const index = new Array<number>(shape.length).fill(0);
  const total = shape.reduce((n, d) => n * d, 1);
  for (let flat = 0; flat < total; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}
