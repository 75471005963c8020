/** Sum over axes and its adjoint, broadcasting, with the reshape that removes or adds axes of size 1. */
import { sizeOf } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import {
  broadcastAxes,
  broadcastShapes,
  type Dim,
  normaliseAxis,
  type Shape,
  sameShape,
  staticShape,
  stridesOf,
} from "../core/shape.ts";
import { checkList, checkTensor } from "../graph/operands.ts";
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, indices, type ReferenceArray, real, typed } from "./define.ts";

/** A canonical form of the number of elements; merged sizes such as `4*length` count by their factors. */
const product = (shape: Shape): string => {
  let n = 1;
  const names: string[] = [];
  for (const d of shape) {
    if (typeof d === "number" && Number.isInteger(d) && d >= 0) n *= d;
    else
      for (const factor of String(d).split("*")) {
        if (/^\d+$/.test(factor)) n *= Number(factor);
        else names.push(factor);
      }
  }
  return [n, ...names.sort()].join("*");
};

export const reshapeOp = defineOp({
  name: "reshape",
  inputs: ["x"],
  outputs: ["y"],
  attributes: typed<{ readonly shape: Shape }>(),
  infer({ x }, { shape }) {
    if (product(x.shape) !== product(shape))
      throw new ShapeError("reshape", "the number of elements differs", [x.shape, shape]);
    return { y: { dtype: x.dtype, shape } };
  },
  vjp: ({ y: g }, { x }) => ({ x: reshape(g, x.shape) }),
  lower(emit, { x }, { shape }) {
    // ONNX copies a dynamic size from the same axis of the operand (0) or infers one from the rest (-1);
    // where two are neither, the first is read from the model's inputs.
    const open = shape.filter((d, i) => typeof d === "string" && x.shape[i] !== d).slice(0, -1);
    const target = (d: Dim, i: number) => (typeof d === "number" ? d : x.shape[i] === d ? 0 : -1);
    if (open.length === 0) return { y: emit.node("Reshape", [x, emit.ints(shape.map(target))]) };
    const sizes = shape.map((d, i) => (open.includes(d) ? emit.size(String(d)) : emit.ints([target(d, i)])));
    return { y: emit.node("Reshape", [x, emit.node("Concat", sizes, { attributes: { axis: 0 } })]) };
  },
  reference: ({ x }, _, { y }) => y.data.set(x.data),
  samples: [
    { title: "merge axes", inputs: { x: real(2, 3, 4) }, attributes: { shape: [6, 4] } },
    { title: "to scalar", inputs: { x: real(1, 1) }, attributes: { shape: [] } },
  ],
});

/** The same elements in row-major order under another shape; one size may be -1 where the rest is static. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor(x, "reshape");
  checkList(shape, "reshape", "sizes");
  let target = shape;
  if (shape.includes(-1)) {
    const known = shape.reduce<number>((n, d) => (d === -1 ? n : n * Number(d)), 1);
    const total = x.shape.reduce<number>((n, d) => n * Number(d), 1);
    target = shape.map((d) => (d === -1 ? total / known : d));
  }
  return sameShape(x.shape, target) ? x : reshapeOp.apply({ x }, { shape: target }).y;
}

export const unflattenOp = defineOp({
  name: "unflatten",
  inputs: ["x", "like"],
  outputs: ["y"],
  infer({ x, like }) {
    const shape = [...like.shape.slice(0, 2), ...x.shape.slice(1)];
    if (like.shape.length < 2 || product(shape) !== product(x.shape))
      throw new ShapeError("unflatten", "the rows are not those of the other operand", [x.shape, like.shape]);
    staticShape("unflatten", x.shape.slice(1));
    return { y: { dtype: x.dtype, shape } };
  },
  vjp: ({ y: g }, { x }) => ({ x: reshape(g, x.shape) }),
  lower(emit, { x, like }) {
    const lead = emit.node("Gather", [emit.node("Shape", [like]), emit.ints([0, 1])]);
    const target = emit.node("Concat", [lead, emit.ints(staticShape("unflatten", x.shape.slice(1)))], {
      attributes: { axis: 0 },
    });
    return { y: emit.node("Reshape", [x, target]) };
  },
  reference: ({ x }, _, { y }) => y.data.set(x.data),
  samples: [{ title: "rows of two texts", inputs: { x: real(6, 4), like: indices(9, 2, 3) } }],
});

/**
 * Rows taken apart into the first two axes of `like`, of which both may be dynamic.
 * [batch · length, ...] → [batch, length, ...]
 */
export function unflatten(x: Tensor, like: Tensor): Tensor {
  const shape = [...like.shape.slice(0, 2), ...x.shape.slice(1)];
  return shape.some((d) => typeof d === "string") ? unflattenOp.apply({ x, like }).y : reshape(x, shape);
}

export const sumOp = defineOp({
  name: "sum",
  inputs: ["x"],
  outputs: ["y"],
  attributes: typed<{ readonly axes: readonly number[] }>(),
  infer: ({ x }, { axes }) => ({
    y: { dtype: x.dtype, shape: x.shape.map((d, i) => (axes.includes(i) ? 1 : d)) },
  }),
  vjp: ({ y: g }, { x }) => ({ x: broadcastTo(g, x.shape) }),
  lower: (emit, { x }, { axes }) => ({
    y: emit.node("ReduceSum", [x, emit.ints(axes)], { attributes: { keepdims: 1 } }),
  }),
  reference: ({ x }, _, { y }) =>
    forEachBroadcast(x.shape, y.shape, (i, o) => {
      y.data[o]! += x.data[i]!;
    }),
  samples: [
    { title: "rows", inputs: { x: real(3, 4) }, attributes: { axes: [0] } },
    { title: "last axis", inputs: { x: real(2, 3, 4) }, attributes: { axes: [2] } },
    { title: "everything", inputs: { x: real(2, 3) }, attributes: { axes: [0, 1] } },
  ],
});

/** Sum over `axes` (default: all). With `keepDims` the summed axes stay with size 1. */
export function sum(x: Tensor, axes?: readonly number[] | number, keepDims = false): Tensor {
  const list = axesOf("sum", x, axes);
  if (list.length === 0) return x;
  const summed = sumOp.apply({ x }, { axes: list }).y;
  return keepDims ? summed : dropAxes(summed, list);
}

export const broadcastOp = defineOp({
  name: "broadcast",
  inputs: ["x"],
  outputs: ["y"],
  attributes: typed<{ readonly shape: Shape }>(),
  infer({ x }, { shape }) {
    if (!sameShape(broadcastShapes("broadcast", x.shape, shape), shape))
      throw new ShapeError("broadcast", "the operand does not stretch to the shape", [x.shape, shape]);
    return { y: { dtype: x.dtype, shape } };
  },
  vjp: ({ y: g }, { x }) => ({ x: reduceTo(g, x.shape) }),
  lower: (emit, { x }, { shape }) => ({ y: emit.node("Expand", [x, emit.shape(shape)]) }),
  reference: ({ x }, _, { y }) =>
    forEachBroadcast(y.shape, x.shape, (o, i) => {
      y.data[o] = x.data[i]!;
    }),
  samples: [
    { title: "row to matrix", inputs: { x: real(4) }, attributes: { shape: [3, 4] } },
    { title: "column to matrix", inputs: { x: real(3, 1) }, attributes: { shape: [3, 4] } },
    { title: "scalar", inputs: { x: real() }, attributes: { shape: [2, 2] } },
  ],
});

/** Repeats `x` along axes of size 1, or new leading axes, until it has `shape`. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor(x, "broadcastTo");
  checkList(shape, "broadcastTo", "sizes");
  return sameShape(x.shape, shape) ? x : broadcastOp.apply({ x }, { shape }).y;
}

/** Sums a cotangent over the axes along which an operand of `shape` was broadcast. */
export function reduceTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  return reshape(sum(g, broadcastAxes(shape, g.shape), true), shape);
}

/** Removes axes of size 1. */
export function dropAxes(x: Tensor, axes: readonly number[]): Tensor {
  return reshape(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  );
}

export function axesOf(op: string, x: Tensor, axes?: readonly number[] | number): number[] {
  checkTensor(x, op);
  if (axes === undefined) return x.shape.map((_, i) => i);
  if (typeof axes !== "number") checkList(axes, op, "axes");
  return (typeof axes === "number" ? [axes] : axes)
    .map((a) => normaliseAxis(op, a, x.shape))
    .sort((a, b) => a - b);
}

/** Calls `visit` with each element of `large` and the element of `small` that broadcasts onto it. */
export function forEachBroadcast(
  large: readonly number[],
  small: readonly number[],
  visit: (largeIndex: number, smallIndex: number) => void,
): void {
  const lead = large.length - small.length;
  const strides = stridesOf(small);
  const steps = large.map((_, i) => (i < lead || small[i - lead] === 1 ? 0 : strides[i - lead]!));
  forEachStep(large, steps, visit);
}

/** Calls `visit` with each place of an array of `shape`, in order, and with a place that each axis moves by its step. */
export function forEachStep(
  shape: readonly number[],
  steps: readonly number[],
  visit: (index: number, place: number) => void,
): void {
  const index = new Array<number>(shape.length).fill(0);
  const total = sizeOf(shape);
  let at = 0;
  for (let i = 0; i < total; i++) {
    visit(i, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** Fills `result` with a function of the elements of operands that broadcast to it. */
export function mapBroadcast(
  result: ReferenceArray,
  operands: readonly ReferenceArray[],
  f: (...values: number[]) => number,
): void {
  const gathered = operands.map((x) => {
    const full = new Float64Array(result.data.length);
    forEachBroadcast(result.shape, x.shape, (o, i) => {
      full[o] = x.data[i]!;
    });
    return full;
  });
  for (let i = 0; i < result.data.length; i++) result.data[i] = f(...gathered.map((g) => g[i]!));
}
