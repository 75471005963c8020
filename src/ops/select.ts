/** Comparisons, choices and casts. */
import type { DType } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { broadcastShapes } from "../core/shape.ts";
import { lift } from "../graph/leaves.ts";
import { checkTensor } from "../graph/operands.ts";
import type { Tensor } from "../graph/tensor.ts";
import { mapBroadcast, reduceTo } from "./broadcast.ts";
import { booleans, defineOp, indices, none, real, typed } from "./define.ts";
import { type BinaryOp, binarySamples, commonDtype, pair } from "./elementwise.ts";
import { elementNumber } from "./emitter.ts";

function comparison(name: string, onnx: string, f: (a: number, b: number) => boolean): BinaryOp {
  return defineOp({
    name,
    inputs: ["a", "b"],
    outputs: ["y"],
    infer({ a, b }) {
      commonDtype(name, a, b);
      return { y: { dtype: "bool", shape: broadcastShapes(name, a.shape, b.shape) } };
    },
    vjp: none("a comparison is constant almost everywhere"),
    lower: (emit, { a, b }) => ({ y: emit.node(onnx, [a, b]) }),
    reference: ({ a, b }, _, { y }) => mapBroadcast(y, [a, b], (p, q) => Number(f(p, q))),
    samples: [...binarySamples, { title: "whole numbers", inputs: { a: indices(3, 8), b: indices(3, 8) } }],
  });
}

export const equalOp = comparison("equal", "Equal", (a, b) => a === b);
export const greaterOp = comparison("greater", "Greater", (a, b) => a > b);
export const lessOp = comparison("less", "Less", (a, b) => a < b);

export const equal = pair(equalOp);
export const greater = pair(greaterOp);
export const less = pair(lessOp);

export const whereOp = defineOp({
  name: "where",
  inputs: ["condition", "a", "b"],
  outputs: ["y"],
  infer({ condition, a, b }) {
    if (condition.dtype !== "bool")
      throw new ShapeError("where", "the condition must be bool", [condition.shape]);
    const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", a.shape, b.shape));
    return { y: { dtype: commonDtype("where", a, b), shape } };
  },
  vjp: ({ y: g }, { condition, a, b }, _, needs) => ({
    a: needs.a ? reduceTo(where(condition, g, lift(0)), a.shape) : undefined,
    b: needs.b ? reduceTo(where(condition, lift(0), g), b.shape) : undefined,
  }),
  lower: (emit, { condition, a, b }) => ({ y: emit.node("Where", [condition, a, b]) }),
  reference: ({ condition, a, b }, _, { y }) => mapBroadcast(y, [condition, a, b], (c, p, q) => (c ? p : q)),
  samples: [
    { title: "equal shapes", inputs: { condition: booleans(2, 3), a: real(2, 3), b: real(2, 3) } },
    { title: "scalar and row", inputs: { condition: booleans(4, 3), a: real(), b: real(3) } },
  ],
});

/** `a` where the condition holds, `b` elsewhere. */
export const where = (condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor =>
  whereOp.apply({ condition, a: lift(a), b: lift(b) }).y;

export const castOp = defineOp({
  name: "cast",
  inputs: ["x"],
  outputs: ["y"],
  attributes: typed<{ readonly to: DType }>(),
  infer: ({ x }, { to }) => ({ y: { dtype: to, shape: x.shape } }),
  vjp: none("casts change between whole numbers, booleans and floats"),
  lower: (emit, { x }, { to }) => ({ y: emit.node("Cast", [x], { attributes: { to: elementNumber[to] } }) }),
  reference: ({ x }, { to }, { y }) =>
    y.data.set(x.data.map((v) => (to === "float32" ? v : to === "bool" ? Number(v !== 0) : Math.trunc(v)))),
  samples: [
    { title: "bool to float", inputs: { x: booleans(2, 3) }, attributes: { to: "float32" } },
    { title: "int32 to int64", inputs: { x: indices(9, 5) }, attributes: { to: "int64" } },
  ],
});

/** The same values as another dtype; fractions are cut towards zero. */
export function cast(x: Tensor, to: DType): Tensor {
  checkTensor(x, "cast");
  return x.dtype === to ? x : castOp.apply({ x }, { to }).y;
}
