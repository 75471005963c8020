/** Shapes of symbolic tensors: static sizes and named dynamic dimensions, with NumPy's broadcasting rule. */
import { ShapeError } from "./errors.ts";

/** A size known when the graph is built, or the name of one known only when it runs. Equal names are equal sizes. */
export type Dim = number | string;
export type Shape = readonly Dim[];

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The shape that both operands stretch to: aligned at the right, sizes equal or one of them 1. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new ShapeError(op, "the shapes do not broadcast", [a, b]);
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** Axes of `to` along which a tensor of shape `from` is repeated when it broadcasts to `to`. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const lead = to.length - from.length;
  const axes: number[] = [];
  for (let i = 0; i < to.length; i++) {
    if (i < lead || (from[i - lead] === 1 && to[i] !== 1)) axes.push(i);
  }
  return axes;
}

/** A non-negative axis for one that may count from the end. Throws where it is out of range. */
export function normaliseAxis(op: string, axis: number, shape: Shape): number {
  const a = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(a) || a < 0 || a >= shape.length)
    throw new ShapeError(op, `axis ${axis} is out of range`, [shape]);
  return a;
}

/** Whether no size of a shape is a name. */
export const isStatic = (shape: Shape): shape is readonly number[] =>
  shape.every((d) => typeof d === "number");

/** All sizes of a shape that must be static here. Throws where one is a name. */
export function staticShape(op: string, shape: Shape): readonly number[] {
  for (const d of shape)
    if (typeof d === "string") throw new ShapeError(op, `dimension "${d}" must be static`, [shape]);
  return shape as readonly number[];
}

/** One size that must be static here. Throws where it is a name. */
export function staticDim(op: string, shape: Shape, axis: number): number {
  const d = shape[axis];
  if (typeof d !== "number") throw new ShapeError(op, `axis ${axis} must have a static size`, [shape]);
  return d;
}

type Tuple<N extends number, T, Found extends readonly T[] = []> = Found["length"] extends N
  ? Found
  : Tuple<N, T, readonly [...Found, T]>;

/** The dimensions of a shape that must have `rank` axes. Throws where it has more or fewer. */
export function dims<N extends number>(op: string, shape: Shape, rank: N): Tuple<N, Dim> {
  if (shape.length !== rank) throw new ShapeError(op, `expected ${rank} axes`, [shape]);
  return shape as Tuple<N, Dim>;
}

/** The sizes of a shape that must have `rank` axes, all static. Throws where it has others. */
export function sizes<N extends number>(op: string, shape: Shape, rank: N): Tuple<N, number> {
  dims(op, shape, rank);
  return shape.map((_, axis) => staticDim(op, shape, axis)) as readonly number[] as Tuple<N, number>;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let n = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = n;
    n *= shape[i]!;
  }
  return strides;
}
