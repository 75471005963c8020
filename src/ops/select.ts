/** Comparisons, choices and casts. */

import type { DType } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { broadcastShapes } from "../core/shape.ts";
import { lift } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { mapBroadcast, reduceTo } from "./broadcast.ts";
import { booleans, defineOp, indices, none, type Op, real } from "./define.ts";
import { binarySamples, commonDtype } from "./elementwise.ts";

type Plain = Record<never, never>;

function comparison(name: string, onnx: string, f: (a: number, b: number) => boolean): Op<Plain> {
  return defineOp<Plain>({
    name,
    infer([a, b]) {
      commonDtype(name, a!, b!);
      return [{ dtype: "bool", shape: broadcastShapes(name, a!.shape, b!.shape) }];
    },
    vjp: none("a comparison is constant almost everywhere"),
    lower: (emit, [a, b]) => emit.node(onnx, [a!.name, b!.name]),
    reference: (inputs, _, [out]) => [
      mapBroadcast(out!.shape as readonly number[], inputs, (a, b) => Number(f(a!, b!))),
    ],
    samples: [
      ...binarySamples,
      { title: "whole numbers", inputs: [indices(3, 8), indices(3, 8)], attributes: {} },
    ],
  });
}

export const equalOp = comparison("equal", "Equal", (a, b) => a === b);
export const greaterOp = comparison("greater", "Greater", (a, b) => a > b);
export const lessOp = comparison("less", "Less", (a, b) => a < b);

const pair = (op: Op<Plain>) => (a: Tensor | number, b: Tensor | number) =>
  op.apply([lift(a), lift(b)], {})[0]!;
export const equal = pair(equalOp);
export const greater = pair(greaterOp);
export const less = pair(lessOp);

export const whereOp = defineOp<Plain>({
  name: "where",
  infer([condition, a, b]) {
    if (condition!.dtype !== "bool")
      throw new ShapeError("where", "the condition must be bool", [condition!.shape]);
    const shape = broadcastShapes("where", condition!.shape, broadcastShapes("where", a!.shape, b!.shape));
    return [{ dtype: commonDtype("where", a!, b!), shape }];
  },
  vjp({ inputs: [condition, a, b], cotangents: [g], needs }) {
    return [
      undefined,
      needs[1] ? reduceTo(where(condition!, g!, lift(0)), a!.shape) : undefined,
      needs[2] ? reduceTo(where(condition!, lift(0), g!), b!.shape) : undefined,
    ];
  },
  lower: (emit, [condition, a, b]) => emit.node("Where", [condition!.name, a!.name, b!.name]),
  reference: (inputs, _, [out]) => [
    mapBroadcast(out!.shape as readonly number[], inputs, (c, a, b) => (c ? a! : b!)),
  ],
  samples: [
    { title: "equal shapes", inputs: [booleans(2, 3), real(2, 3), real(2, 3)], attributes: {} },
    { title: "scalar and row", inputs: [booleans(4, 3), real(), real(3)], attributes: {} },
  ],
});

/** `a` where the condition holds, `b` elsewhere. */
export const where = (condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor =>
  whereOp.apply([condition, lift(a), lift(b)], {})[0]!;

const onnxTypes: Readonly<Record<DType, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

export const castOp = defineOp<{ readonly to: DType }>({
  name: "cast",
  infer: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
  vjp: none("casts change between whole numbers, booleans and floats"),
  lower: (emit, [x], { to }) => emit.node("Cast", [x!.name], { attributes: { to: onnxTypes[to] } }),
  reference: ([x], { to }) => [
    {
      shape: x!.shape,
      data: x!.data.map((v) => (to === "float32" ? v : to === "bool" ? Number(v !== 0) : Math.trunc(v))),
    },
  ],
  samples: [
    { title: "bool to float", inputs: [booleans(2, 3)], attributes: { to: "float32" } },
    { title: "int32 to int64", inputs: [indices(9, 5)], attributes: { to: "int64" } },
  ],
});

/** The same values as another dtype; fractions are cut towards zero. */
export const cast = (x: Tensor, to: DType): Tensor => (x.dtype === to ? x : castOp.apply([x], { to })[0]!);
