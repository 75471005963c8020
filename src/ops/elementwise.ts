/** Arithmetic on each element, with NumPy's broadcasting. */
import { ShapeError } from "../core/errors.ts";
import { broadcastShapes } from "../core/shape.ts";
import { lift } from "../graph/leaves.ts";
import type { Aval, Tensor } from "../graph/tensor.ts";
import { mapBroadcast, reduceTo } from "./broadcast.ts";
import { defineOp, type Op, positive, real, type Sample, type VjpArguments } from "./define.ts";

type Plain = Record<never, never>;

export function commonDtype(op: string, a: Aval, b: Aval): Aval["dtype"] {
  if (a.dtype !== b.dtype)
    throw new ShapeError(op, `dtypes ${a.dtype} and ${b.dtype} do not mix`, [a.shape, b.shape]);
  return a.dtype;
}

export const binarySamples: readonly Sample<Plain>[] = [
  { title: "equal shapes", inputs: [positive(2, 3), positive(2, 3)], attributes: {} },
  { title: "row", inputs: [positive(2, 3), positive(3)], attributes: {} },
  { title: "scalar", inputs: [positive(), positive(2, 3)], attributes: {} },
  { title: "size-1 axes", inputs: [positive(2, 1, 3), positive(4, 1)], attributes: {} },
];

function binary(
  name: string,
  onnx: string,
  f: (a: number, b: number) => number,
  gradients: (args: VjpArguments<Plain>) => readonly [Tensor | undefined, Tensor | undefined],
): Op<Plain> {
  return defineOp<Plain>({
    name,
    infer: ([a, b]) => [
      { dtype: commonDtype(name, a!, b!), shape: broadcastShapes(name, a!.shape, b!.shape) },
    ],
    vjp(args) {
      const [da, db] = gradients(args);
      return [da && reduceTo(da, args.inputs[0]!.shape), db && reduceTo(db, args.inputs[1]!.shape)];
    },
    lower: (emit, [a, b]) => emit.node(onnx, [a!.name, b!.name]),
    reference: (inputs, _, [out]) => [mapBroadcast(out!.shape as readonly number[], inputs, f)],
    samples: binarySamples,
  });
}

export const addOp = binary(
  "add",
  "Add",
  (a, b) => a + b,
  ({ cotangents: [g] }) => [g!, g!],
);
export const subtractOp = binary(
  "subtract",
  "Sub",
  (a, b) => a - b,
  ({ cotangents: [g], needs }) => [g!, needs[1] ? negate(g!) : undefined],
);
export const multiplyOp = binary(
  "multiply",
  "Mul",
  (a, b) => a * b,
  ({ inputs: [a, b], cotangents: [g], needs }) => [
    needs[0] ? multiply(g!, b!) : undefined,
    needs[1] ? multiply(g!, a!) : undefined,
  ],
);
export const divideOp = binary(
  "divide",
  "Div",
  (a, b) => a / b,
  ({ inputs: [, b], outputs: [y], cotangents: [g], needs }) => {
    const scaled = divide(g!, b!);
    return [scaled, needs[1] ? negate(multiply(scaled, y!)) : undefined];
  },
);

const pair = (op: Op<Plain>) => (a: Tensor | number, b: Tensor | number) =>
  op.apply([lift(a), lift(b)], {})[0]!;
/** a + b. */
export const add = pair(addOp);
/** a - b. */
export const subtract = pair(subtractOp);
/** a · b, element by element. */
export const multiply = pair(multiplyOp);
/** a / b. */
export const divide = pair(divideOp);

function unary(
  name: string,
  lower: string | ((emit: Parameters<Op<Plain>["lower"]>[0], x: string) => string),
  f: (x: number) => number,
  gradient: (g: Tensor, y: Tensor, x: Tensor) => Tensor,
  domain: "real" | "positive" = "real",
): Op<Plain> {
  const draw = domain === "positive" ? positive : real;
  return defineOp<Plain>({
    name,
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
    vjp: ({ inputs: [x], outputs: [y], cotangents: [g] }) => [gradient(g!, y!, x!)],
    lower: (emit, [x]) => (typeof lower === "string" ? emit.node(lower, [x!.name]) : lower(emit, x!.name)),
    reference: ([x]) => [{ shape: x!.shape, data: x!.data.map(f) }],
    samples: [
      { title: "matrix", inputs: [draw(3, 4)], attributes: {} },
      { title: "scalar", inputs: [draw()], attributes: {} },
    ],
  });
}

export const negateOp = unary(
  "negate",
  "Neg",
  (x) => -x,
  (g) => negate(g),
);
export const expOp = unary("exp", "Exp", Math.exp, (g, y) => multiply(g, y));
export const logOp = unary("log", "Log", Math.log, (g, _, x) => divide(g, x), "positive");
export const sqrtOp = unary("sqrt", "Sqrt", Math.sqrt, (g, y) => divide(multiply(g, 0.5), y), "positive");
export const tanhOp = unary("tanh", "Tanh", Math.tanh, (g, y) => multiply(g, subtract(1, multiply(y, y))));
export const sigmoidOp = unary(
  "sigmoid",
  "Sigmoid",
  (x) => 1 / (1 + Math.exp(-x)),
  (g, y) => multiply(g, multiply(y, subtract(1, y))),
);

const single = (op: Op<Plain>) => (x: Tensor) => op.apply([x], {})[0]!;
export const negate = single(negateOp);
/** e to the power of each element. */
export const exp = single(expOp);
/** Natural logarithm. */
export const log = single(logOp);
export const sqrt = single(sqrtOp);
export const tanh = single(tanhOp);
/** 1 / (1 + exp(-x)). */
export const sigmoid = single(sigmoidOp);

/** The sum of several tensors of one shape: how gradients of a value used more than once meet. */
export const addNOp = defineOp<Plain>({
  name: "add_n",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  vjp: ({ inputs, cotangents: [g] }) => inputs.map(() => g),
  lower: (emit, inputs) =>
    emit.node(
      "Sum",
      inputs.map((x) => x.name),
    ),
  reference: (inputs, _, [out]) => [
    mapBroadcast(out!.shape as readonly number[], inputs, (...values) => values.reduce((a, b) => a + b, 0)),
  ],
  samples: [{ title: "three", inputs: [real(2, 3), real(2, 3), real(2, 3)], attributes: {} }],
});

/** Sum of tensors of one shape. */
export function addN(terms: readonly Tensor[]): Tensor {
  if (terms.length === 1) return terms[0]!;
  return terms.length === 2 ? add(terms[0]!, terms[1]!) : addNOp.apply(terms, {})[0]!;
}

export { unary as defineUnary };
