/** Sum over axes and its adjoint, broadcasting, with the reshape that removes or adds axes of size 1. */
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
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, indices, type ReferenceArray, real, zeros } from "./define.ts";

/** A canonical form of the number of elements; merged sizes such as `4*length` count by their factors. */
const product = (shape: Shape): string => {
  let n = 1;
  const names: string[] = [];
  for (const factor of shape.flatMap((d) => String(d).split("*"))) {
    if (/^\d+$/.test(factor)) n *= Number(factor);
    else names.push(factor);
  }
  return [n, ...names.sort()].join("*");
};

export const reshapeOp = defineOp<{ readonly shape: readonly Dim[] }>({
  name: "reshape",
  infer([x], { shape }) {
    if (product(x!.shape) !== product(shape))
      throw new ShapeError("reshape", "the number of elements differs", [x!.shape, shape]);
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: ({ inputs: [x], cotangents: [g] }) => [reshape(g!, x!.shape)],
  lower(emit, [x], { shape }) {
    // ONNX copies a dynamic size from the same axis of the operand (0) or infers one from the rest (-1);
    // where two are neither, the first is read from the model's inputs.
    const open = shape.filter((d, i) => typeof d === "string" && x!.shape[i] !== d).slice(0, -1);
    const target = shape.map((d, i) => (typeof d === "number" ? d : x!.shape[i] === d ? 0 : -1));
    if (open.length === 0) return emit.node("Reshape", [x!.name, emit.ints(target)]);
    const sizes = shape.map((d, i) => (open.includes(d) ? emit.size(String(d)) : emit.ints([target[i]!])));
    return emit.node("Reshape", [x!.name, emit.node("Concat", sizes, { attributes: { axis: 0 } })]);
  },
  reference: ([x], { shape }) => [{ shape: shape as readonly number[], data: x!.data.slice() }],
  samples: [
    { title: "merge axes", inputs: [real(2, 3, 4)], attributes: { shape: [6, 4] } },
    { title: "to scalar", inputs: [real(1, 1)], attributes: { shape: [] } },
  ],
});

/** The same elements in row-major order under another shape; one size may be -1 where the rest is static. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  let target = shape;
  if (shape.includes(-1)) {
    const known = shape.reduce<number>((n, d) => (d === -1 ? n : n * Number(d)), 1);
    const total = x.shape.reduce<number>((n, d) => n * Number(d), 1);
    target = shape.map((d) => (d === -1 ? total / known : d));
  }
  return sameShape(x.shape, target) ? x : reshapeOp.apply([x], { shape: target })[0]!;
}

export const unflattenOp = defineOp({
  name: "unflatten",
  infer([x, like]) {
    const [batch, length] = like!.shape as [Dim, Dim];
    const shape = [batch, length, ...x!.shape.slice(1)];
    if (like!.shape.length < 2 || product(shape) !== product(x!.shape))
      throw new ShapeError("unflatten", "the rows are not those of the other operand", [
        x!.shape,
        like!.shape,
      ]);
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: ({ inputs: [x], cotangents: [g] }) => [reshape(g!, x!.shape), undefined],
  lower(emit, [x, like]) {
    const lead = emit.node("Gather", [emit.node("Shape", [like!.name]), emit.ints([0, 1])]);
    const target = emit.node("Concat", [lead, emit.ints(staticShape("unflatten", x!.shape.slice(1)))], {
      attributes: { axis: 0 },
    });
    return emit.node("Reshape", [x!.name, target]);
  },
  reference: ([x], _, [out]) => [{ shape: out!.shape as readonly number[], data: x!.data.slice() }],
  samples: [{ title: "rows of two texts", inputs: [real(6, 4), indices(9, 2, 3)], attributes: {} }],
});

/**
 * Rows taken apart into the first two axes of `like`, of which both may be dynamic.
 * [batch · length, ...] → [batch, length, ...]
 */
export function unflatten(x: Tensor, like: Tensor): Tensor {
  const shape = [...like.shape.slice(0, 2), ...x.shape.slice(1)];
  return shape.some((d) => typeof d === "string") ? unflattenOp.apply([x, like], {})[0]! : reshape(x, shape);
}

export const sumOp = defineOp<{ readonly axes: readonly number[] }>({
  name: "sum",
  infer([x], { axes }) {
    return [{ dtype: x!.dtype, shape: x!.shape.map((d, i) => (axes.includes(i) ? 1 : d)) }];
  },
  vjp: ({ inputs: [x], cotangents: [g] }) => [broadcastTo(g!, x!.shape)],
  lower: (emit, [x], { axes }) =>
    emit.node("ReduceSum", [x!.name, emit.ints(axes)], { attributes: { keepdims: 1 } }),
  reference([x], _, [out]) {
    const result = zeros(out!.shape);
    forEachBroadcast(x!.shape, result.shape, (i, o) => {
      result.data[o]! += x!.data[i]!;
    });
    return [result];
  },
  samples: [
    { title: "rows", inputs: [real(3, 4)], attributes: { axes: [0] } },
    { title: "last axis", inputs: [real(2, 3, 4)], attributes: { axes: [2] } },
    { title: "everything", inputs: [real(2, 3)], attributes: { axes: [0, 1] } },
  ],
});

/** Sum over `axes` (default: all). With `keepDims` the summed axes stay with size 1. */
export function sum(x: Tensor, axes?: readonly number[] | number, keepDims = false): Tensor {
  const list = axesOf("sum", x, axes);
  if (list.length === 0) return x;
  const summed = sumOp.apply([x], { axes: list })[0]!;
  return keepDims ? summed : dropAxes(summed, list);
}

export const broadcastOp = defineOp<{ readonly shape: readonly Dim[] }>({
  name: "broadcast",
  infer([x], { shape }) {
    if (!sameShape(broadcastShapes("broadcast", x!.shape, shape), shape)) {
      throw new ShapeError("broadcast", "the operand does not stretch to the shape", [x!.shape, shape]);
    }
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: ({ inputs: [x], cotangents: [g] }) => [reduceTo(g!, x!.shape)],
  lower(emit, [x], { shape }) {
    if (!shape.some((d) => typeof d === "string")) {
      return emit.node("Expand", [x!.name, emit.ints(shape as readonly number[])]);
    }
    throw new ShapeError("broadcast", "a dynamic target needs an operand to broadcast with", [
      x!.shape,
      shape,
    ]);
  },
  reference([x], _, [out]) {
    const result = zeros(out!.shape);
    forEachBroadcast(result.shape, x!.shape, (o, i) => {
      result.data[o] = x!.data[i]!;
    });
    return [result];
  },
  samples: [
    { title: "row to matrix", inputs: [real(4)], attributes: { shape: [3, 4] } },
    { title: "column to matrix", inputs: [real(3, 1)], attributes: { shape: [3, 4] } },
    { title: "scalar", inputs: [real()], attributes: { shape: [2, 2] } },
  ],
});

/** Repeats `x` along axes of size 1, or new leading axes, until it has `shape`. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : broadcastOp.apply([x], { shape })[0]!;
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
  if (axes === undefined) return x.shape.map((_, i) => i);
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
  const index = new Array<number>(large.length).fill(0);
  const total = large.reduce((n, d) => n * d, 1);
  let at = 0;
  for (let i = 0; i < total; i++) {
    visit(i, at);
    for (let axis = large.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++index[axis]! < large[axis]!) break;
      at -= steps[axis]! * large[axis]!;
      index[axis] = 0;
    }
  }
}

/** Elementwise function of broadcast operands in float64. */
export function mapBroadcast(
  shape: readonly number[],
  operands: readonly ReferenceArray[],
  f: (...values: number[]) => number,
): ReferenceArray {
  const gathered = operands.map((x) => {
    const full = new Float64Array(shape.reduce((n, d) => n * d, 1));
    forEachBroadcast(shape, x.shape, (o, i) => {
      full[o] = x.data[i]!;
    });
    return full;
  });
  const result = zeros(shape);
  for (let i = 0; i < result.data.length; i++) result.data[i] = f(...gathered.map((g) => g[i]!));
  return result;
}
