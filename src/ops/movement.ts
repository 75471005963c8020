/** Moving elements without changing them: transpose, slice and its adjoint pad, split and its adjoint concatenate. */
import { sizeOf } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import {
  type Dim,
  normaliseAxis,
  type Shape,
  sameShape,
  staticDim,
  staticShape,
  stridesOf,
} from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import { checkList, checkTensor } from "../graph/operands.ts";
import type { Aval, Tensor } from "../graph/tensor.ts";
import { broadcastTo, forEachStep } from "./broadcast.ts";
import { defineOp, type ReferenceArray, real, typed } from "./define.ts";
import { emitConcat, emitSplit } from "./lowering.ts";

export const transposeOp = defineOp({
  name: "transpose",
  inputs: ["x"],
  outputs: ["y"],
  attributes: typed<{ readonly permutation: readonly number[] }>(),
  infer({ x }, { permutation }) {
    const shape = permutation.flatMap((axis) => x.shape[axis] ?? []);
    if (shape.length !== x.shape.length || new Set(permutation).size !== shape.length)
      throw new ShapeError("transpose", `[${permutation.join(", ")}] does not order the axes`, [x.shape]);
    return { y: { dtype: x.dtype, shape } };
  },
  vjp: ({ y: g }, _, { permutation }) => ({
    x: transpose(
      g,
      permutation.map((_, i) => permutation.indexOf(i)),
    ),
  }),
  lower: (emit, { x }, { permutation }) => ({
    y: emit.node("Transpose", [x], { attributes: { perm: permutation } }),
  }),
  reference({ x }, { permutation }, { y }) {
    const strides = stridesOf(x.shape);
    const steps = permutation.map((axis) => strides[axis]!);
    forEachStep(y.shape, steps, (o, at) => {
      y.data[o] = x.data[at]!;
    });
  },
  samples: [
    { title: "matrix", inputs: { x: real(2, 3) }, attributes: { permutation: [1, 0] } },
    { title: "heads", inputs: { x: real(2, 3, 4, 5) }, attributes: { permutation: [0, 2, 1, 3] } },
    { title: "cycle", inputs: { x: real(2, 3, 4) }, attributes: { permutation: [2, 0, 1] } },
  ],
});

/** Reorders axes: axis `i` of the result is axis `permutation[i]` of `x`. Default: the last two swapped. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  checkTensor(x, "transpose");
  if (permutation !== undefined) checkList(permutation, "transpose", "axes");
  const rank = x.shape.length;
  const order =
    permutation ?? x.shape.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
  return order.every((axis, i) => axis === i) ? x : transposeOp.apply({ x }, { permutation: order }).y;
}

export const sliceOp = defineOp({
  name: "slice",
  inputs: ["x"],
  outputs: ["y"],
  attributes: typed<{ readonly axis: number; readonly start: number; readonly length: number }>(),
  infer({ x }, { axis, start, length }) {
    const size = x.shape[axis];
    const fits = start < 0 ? start + length <= 0 : typeof size !== "number" || start + length <= size;
    if (!fits || length < 1)
      throw new ShapeError("slice", `${length} elements from ${start} are out of range on axis ${axis}`, [x]);
    return { y: { dtype: x.dtype, shape: resized(x.shape, axis, length) } };
  },
  vjp({ y: g }, { x }, { axis, start, length }) {
    const size = staticDim("slice", x.shape, axis);
    const before = start < 0 ? size + start : start;
    return { x: pad(g, axis, before, size - before - length) };
  },
  lower(emit, { x }, { axis, start, length }) {
    if (x.dtype !== "float32" && emit.kernels.missing.has(`Slice.${x.dtype}`)) {
      const at = emit.ints(Array.from({ length }, (_, i) => start + i));
      return { y: emit.node("Gather", [x, at], { attributes: { axis } }) };
    }
    const end = start < 0 && start + length === 0 ? 2 ** 31 - 1 : start + length;
    return { y: emit.node("Slice", [x, emit.ints([start]), emit.ints([end]), emit.ints([axis])]) };
  },
  reference({ x }, { axis, start, length }, { y }) {
    const from = start < 0 ? staticDim("slice", x.shape, axis) + start : start;
    copyAlong(y, x, axis, 0, from, length);
  },
  samples: [
    { title: "first axis", inputs: { x: real(5, 3) }, attributes: { axis: 0, start: 1, length: 3 } },
    { title: "last element", inputs: { x: real(2, 4, 3) }, attributes: { axis: 1, start: -1, length: 1 } },
  ],
});

/** `length` elements of one axis from `start`; a negative start counts from the end. */
export function slice(x: Tensor, axis: number, start: number, length: number): Tensor {
  checkTensor(x, "slice");
  const a = normaliseAxis("slice", axis, x.shape);
  if (start === 0 && x.shape[a] === length) return x;
  return sliceOp.apply({ x }, { axis: a, start, length }).y;
}

export const padOp = defineOp({
  name: "pad",
  inputs: ["x"],
  outputs: ["y"],
  attributes: typed<{ readonly axis: number; readonly before: number; readonly after: number }>(),
  infer({ x }, { axis, before, after }) {
    const size = staticDim("pad", x.shape, axis);
    if (size + Math.min(before, 0) + Math.min(after, 0) < 1)
      throw new ShapeError("pad", `nothing is left of axis ${axis}`, [x.shape]);
    return { y: { dtype: x.dtype, shape: resized(x.shape, axis, size + before + after) } };
  },
  vjp: ({ y: g }, _, { axis, before, after }) => ({ x: pad(g, axis, -before, -after) }),
  lower: (emit, { x }, { axis, before, after }) => ({
    y: emit.node("Pad", [x, emit.ints([before, after]), undefined, emit.ints([axis])]),
  }),
  reference({ x }, { axis, before, after }, { y }) {
    const kept = staticDim("pad", x.shape, axis) + Math.min(before, 0) + Math.min(after, 0);
    copyAlong(y, x, axis, Math.max(before, 0), Math.max(-before, 0), kept);
  },
  samples: [
    { title: "both ends", inputs: { x: real(2, 3) }, attributes: { axis: 1, before: 1, after: 2 } },
    { title: "causal", inputs: { x: real(2, 3, 2) }, attributes: { axis: 1, before: 2, after: 0 } },
    { title: "later", inputs: { x: real(2, 5, 2) }, attributes: { axis: 1, before: 2, after: -2 } },
    { title: "earlier", inputs: { x: real(5, 3) }, attributes: { axis: 0, before: -1, after: 1 } },
  ],
});

/** Zeros before and after along one axis; a negative number takes so many elements away. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  checkTensor(x, "pad");
  if (before === 0 && after === 0) return x;
  const a = normaliseAxis("pad", axis, x.shape);
  if (before <= 0 && after <= 0) return slice(x, a, -before, staticDim("pad", x.shape, a) + before + after);
  return padOp.apply({ x }, { axis: a, before, after }).y;
}

export const concatenateOp = defineOp({
  name: "concatenate",
  inputs: ["...parts"],
  outputs: ["y"],
  attributes: typed<{ readonly axis: number }>(),
  infer({ parts }, { axis }) {
    const shapes = parts.map((part) => part.shape);
    const [first] = parts;
    const fits = (part: Aval) =>
      part.dtype === first?.dtype && sameShape(resized(part.shape, axis, 0), resized(first.shape, axis, 0));
    if (!first || !parts.every(fits))
      throw new ShapeError("concatenate", `operands differ outside axis ${axis}`, shapes);
    const along = shapes.flatMap((shape) => shape[axis] ?? []);
    const total = along.every((d) => typeof d === "number")
      ? along.reduce((sum, d) => sum + d, 0)
      : along.join("+");
    return { y: { dtype: first.dtype, shape: resized(first.shape, axis, total) } };
  },
  vjp: ({ y: g }, { parts }, { axis }) => ({
    parts: split(
      g,
      axis,
      parts.map((x) => staticDim("concatenate", x.shape, axis)),
    ),
  }),
  lower: (emit, { parts }, { axis }) => ({ y: emitConcat(emit, parts, axis) }),
  reference({ parts }, { axis }, { y }) {
    let at = 0;
    for (const part of parts) {
      const size = staticDim("concatenate", part.shape, axis);
      copyAlong(y, part, axis, at, 0, size);
      at += size;
    }
  },
  samples: [
    { title: "rows", inputs: { parts: [real(2, 3), real(1, 3)] }, attributes: { axis: 0 } },
    {
      title: "last axis, three",
      inputs: { parts: [real(2, 3), real(2, 1), real(2, 2)] },
      attributes: { axis: 1 },
    },
  ],
});

/** Joins tensors along one axis. */
export function concatenate(parts: readonly Tensor[], axis: number): Tensor {
  checkList(parts, "concatenate", "tensors");
  const [first, ...rest] = parts;
  if (first && rest.length === 0) return first;
  return concatenateOp.apply({ parts }, { axis: normaliseAxis("concatenate", axis, first?.shape ?? []) }).y;
}

export const splitOp = defineOp({
  name: "split",
  inputs: ["x"],
  outputs: ["...parts"],
  attributes: typed<{ readonly axis: number; readonly sizes: readonly number[] }>(),
  infer({ x }, { axis, sizes }) {
    if (sizes.reduce((a, b) => a + b, 0) !== x.shape[axis])
      throw new ShapeError("split", `parts [${sizes.join(", ")}] do not add up on axis ${axis}`, [x.shape]);
    return { parts: sizes.map((size) => ({ dtype: x.dtype, shape: resized(x.shape, axis, size) })) };
  },
  vjp: ({ parts: cotangents }, { parts }, { axis }) => ({
    x: concatenate(
      parts.map((part, i) => cotangents[i] ?? zerosLike(part)),
      axis,
    ),
  }),
  lower: (emit, { x }, { axis, sizes }) => ({
    parts: emitSplit(emit, x, axis, sizes),
  }),
  reference({ x }, { axis, sizes }, { parts }) {
    let at = 0;
    for (const [i, part] of parts.entries()) {
      copyAlong(part, x, axis, 0, at, sizes[i]!);
      at += sizes[i]!;
    }
  },
  samples: [
    { title: "columns", inputs: { x: real(2, 6) }, attributes: { axis: 1, sizes: [1, 2, 3] } },
    { title: "heads", inputs: { x: real(4, 2, 3) }, attributes: { axis: 0, sizes: [2, 2] } },
  ],
});

/** Cuts one axis into parts of the given sizes, or into `n` equal parts. */
export function split(x: Tensor, axis: number, parts: readonly number[] | number): readonly Tensor[] {
  checkTensor(x, "split");
  if (typeof parts !== "number") checkList(parts, "split", "sizes");
  const a = normaliseAxis("split", axis, x.shape);
  const sizes =
    typeof parts === "number" ? new Array<number>(parts).fill(staticDim("split", x.shape, a) / parts) : parts;
  return sizes.length === 1 ? [x] : splitOp.apply({ x }, { axis: a, sizes }).parts;
}

/** A float32 tensor of zeros with the static shape of `x`. */
export function zerosLike(x: Tensor): Tensor {
  return broadcastTo(constant(0), staticShape("zeros", x.shape));
}

/** The shape with another size on one axis. */
const resized = (shape: Shape, axis: number, size: Dim): Shape =>
  shape.map((d, i) => (i === axis ? size : d));

/** Copies `count` rows of an axis from `source` (from `sourceAt`) into `target` (from `targetAt`). */
function copyAlong(
  target: ReferenceArray,
  source: ReferenceArray,
  axis: number,
  targetAt: number,
  sourceAt: number,
  count: number,
) {
  const outer = sizeOf(source.shape.slice(0, axis));
  const inner = sizeOf(source.shape.slice(axis + 1));
  const [targetRow, sourceRow] = [target.data.length / outer, source.data.length / outer];
  for (let o = 0; o < outer; o++) {
    const from = o * sourceRow + sourceAt * inner;
    target.data.set(source.data.subarray(from, from + count * inner), o * targetRow + targetAt * inner);
  }
}
