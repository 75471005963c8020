/** Arithmetic on each element, with NumPy's broadcasting. */
import { ShapeError } from "../core/errors.ts";
import { broadcastShapes, sameShape } from "../core/shape.ts";
import { lift } from "../graph/leaves.ts";
import { checkList } from "../graph/operands.ts";
import type { Aval, Tensor } from "../graph/tensor.ts";
import { mapBroadcast, reduceTo } from "./broadcast.ts";
import { defineOp, type NoAttributes, type Op, positive, real, type Sample } from "./define.ts";
import type { Emitter, Operand, Value } from "./emitter.ts";

export function commonDtype(op: string, a: Aval, b: Aval): Aval["dtype"] {
  if (a.dtype !== b.dtype)
    throw new ShapeError(op, `dtypes ${a.dtype} and ${b.dtype} do not mix`, [a.shape, b.shape]);
  return a.dtype;
}

export const binarySamples: readonly Sample<"a" | "b">[] = [
  { title: "equal shapes", inputs: { a: positive(2, 3), b: positive(2, 3) } },
  { title: "row", inputs: { a: positive(2, 3), b: positive(3) } },
  { title: "scalar", inputs: { a: positive(), b: positive(2, 3) } },
  { title: "size-1 axes", inputs: { a: positive(2, 1, 3), b: positive(4, 1) } },
];

export type BinaryOp = Op<"a" | "b", "y", never, NoAttributes>;

/** @param gradients of a and b, of the shape of the result; only those that are needed are called */
function binary(
  name: string,
  onnx: string,
  f: (a: number, b: number) => number,
  gradients: Readonly<Record<"a" | "b", (g: Tensor, values: Record<"a" | "b" | "y", Tensor>) => Tensor>>,
): BinaryOp {
  return defineOp({
    name,
    inputs: ["a", "b"],
    outputs: ["y"],
    infer: ({ a, b }) => ({
      y: { dtype: commonDtype(name, a, b), shape: broadcastShapes(name, a.shape, b.shape) },
    }),
    vjp: ({ y: g }, values, _, needs) => ({
      a: needs.a ? reduceTo(gradients.a(g, values), values.a.shape) : undefined,
      b: needs.b ? reduceTo(gradients.b(g, values), values.b.shape) : undefined,
    }),
    lower: (emit, { a, b }) => ({ y: emit.node(onnx, [a, b]) }),
    reference: ({ a, b }, _, { y }) => mapBroadcast(y, [a, b], f),
    samples: binarySamples,
  });
}

export const addOp = binary("add", "Add", (a, b) => a + b, { a: (g) => g, b: (g) => g });
export const subtractOp = binary("subtract", "Sub", (a, b) => a - b, { a: (g) => g, b: (g) => negate(g) });
export const multiplyOp = binary("multiply", "Mul", (a, b) => a * b, {
  a: (g, { b }) => multiply(g, b),
  b: (g, { a }) => multiply(g, a),
});
export const divideOp = binary("divide", "Div", (a, b) => a / b, {
  a: (g, { b }) => divide(g, b),
  b: (g, { b, y }) => negate(multiply(divide(g, b), y)),
});

/** The function of a binary operation, which takes numbers too. */
export const pair = (op: BinaryOp) => (a: Tensor | number, b: Tensor | number) =>
  op.apply({ a: lift(a), b: lift(b) }).y;
/** a + b. */
export const add = pair(addOp);
/** a - b. */
export const subtract = pair(subtractOp);
/** a · b, element by element. */
export const multiply = pair(multiplyOp);
/** a / b. */
export const divide = pair(divideOp);

type UnaryOp = Op<"x", "y", never, NoAttributes>;

export interface UnaryOptions {
  /** Where samples are drawn from. Default `real`. */
  readonly domain?: "real" | "positive";
  /** The result once more for the gradient, in what that computes anyway. Default: the result is held. */
  readonly again?: (x: Tensor) => Tensor;
}

/** An operation on each element of one tensor. */
export function defineUnary(
  name: string,
  lower: string | ((emit: Emitter, x: Operand) => string),
  f: (x: number) => number,
  gradient: (g: Tensor, y: Tensor, x: Tensor) => Tensor,
  { domain = "real", again }: UnaryOptions = {},
): UnaryOp {
  const draw = domain === "positive" ? positive : real;
  return defineOp({
    name,
    inputs: ["x"],
    outputs: ["y"],
    infer: ({ x }) => ({ y: x }),
    vjp: ({ y: g }, { x, y }) => ({ x: gradient(g, y, x) }),
    ...(again ? { again: ({ x }) => ({ y: again(x) }) } : {}),
    lower: (emit, { x }) => ({ y: typeof lower === "string" ? emit.node(lower, [x]) : lower(emit, x) }),
    reference: ({ x }, _, { y }) => y.data.set(x.data.map(f)),
    samples: [
      { title: "matrix", inputs: { x: draw(3, 4) } },
      { title: "scalar", inputs: { x: draw() } },
    ],
  });
}

export const negateOp = defineUnary(
  "negate",
  "Neg",
  (x) => -x,
  (g) => negate(g),
);
export const expOp = defineUnary("exp", "Exp", Math.exp, (g, y) => multiply(g, y));
export const logOp = defineUnary("log", "Log", Math.log, (g, _, x) => divide(g, x), { domain: "positive" });
export const sqrtOp = defineUnary("sqrt", "Sqrt", Math.sqrt, (g, y) => divide(multiply(g, 0.5), y), {
  domain: "positive",
});
export const tanhOp = defineUnary("tanh", "Tanh", Math.tanh, (g, y) =>
  multiply(g, subtract(1, multiply(y, y))),
);
export const sigmoidOp = defineUnary(
  "sigmoid",
  "Sigmoid",
  (x) => 1 / (1 + Math.exp(-x)),
  (g, y) => multiply(g, multiply(y, subtract(1, y))),
);

const single = (op: UnaryOp) => (x: Tensor) => op.apply({ x }).y;
/** -x. */
export const negate = single(negateOp);
/** e to the power of each element. */
export const exp = single(expOp);
/** Natural logarithm. */
export const log = single(logOp);
/** Square root. */
export const sqrt = single(sqrtOp);
/** (exp(x) - exp(-x)) / (exp(x) + exp(-x)). */
export const tanh = single(tanhOp);
/** 1 / (1 + exp(-x)). */
export const sigmoid = single(sigmoidOp);

/** The sum of several tensors of one shape: how gradients of a value used more than once meet. */
export const addNOp = defineOp({
  name: "add_n",
  inputs: ["...terms"],
  outputs: ["y"],
  infer({ terms }) {
    const [first] = terms;
    if (!first || terms.some(({ dtype, shape }) => dtype !== first.dtype || !sameShape(shape, first.shape))) {
      const shapes = terms.map(({ shape }) => shape);
      throw new ShapeError("add_n", "expected one or more tensors of one shape and dtype", shapes);
    }
    return { y: first };
  },
  vjp: ({ y: g }, { terms }) => ({ terms: terms.map(() => g) }),
  lower(emit, { terms }) {
    const [first, ...rest] = terms;
    if (!emit.kernels.missing.has("Sum") || !first) return { y: emit.node("Sum", terms) };
    return { y: rest.reduce<Value>((sum, term) => emit.node("Add", [sum, term]), first) };
  },
  reference: ({ terms }, _, { y }) =>
    mapBroadcast(y, terms, (...values) => values.reduce((a, b) => a + b, 0)),
  samples: [{ title: "three", inputs: { terms: [real(2, 3), real(2, 3), real(2, 3)] } }],
});

/** Sum of tensors of one shape. */
export function addN(terms: readonly Tensor[]): Tensor {
  checkList(terms, "addN", "tensors");
  const [a, b, ...more] = terms;
  if (a && !b) return a;
  return a && b && more.length === 0 ? add(a, b) : addNOp.apply({ terms }).y;
}
