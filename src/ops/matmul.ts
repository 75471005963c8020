/** Matrix products: batched over leading axes, and the two-dimensional form with an added term. */
import { ShapeError } from "../core/errors.ts";
import { checkOptions, optionNames } from "../core/options.ts";
import { broadcastShapes, type Dim, type Shape, sameShape } from "../core/shape.ts";
import type { Aval, Tensor } from "../graph/tensor.ts";
import { forEachBroadcast, reduceTo } from "./broadcast.ts";
import { defineOp, type ReferenceArray, real, typed } from "./define.ts";
import { emitGemm, emitMatMul } from "./lowering.ts";

export interface Transposes {
  /** The first operand is read with its last two axes swapped. */
  readonly transposeA?: boolean;
  /** The second operand is read with its last two axes swapped. */
  readonly transposeB?: boolean;
  /** Factor of the product. Default 1. */
  readonly alpha?: number;
}
const transposeNames = optionNames<keyof Transposes>()("transposeA transposeB alpha");
type ProductAttributes = {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number;
};

function productShape(op: string, a: Aval, b: Aval, { transposeA, transposeB }: ProductAttributes): Shape {
  const [m, k] = lastTwo(op, a, b, a.shape, transposeA);
  const [k2, n] = lastTwo(op, a, b, b.shape, transposeB);
  if (k !== k2) throw new ShapeError(op, "the inner sizes differ", [a.shape, b.shape]);
  return [...broadcastShapes(op, a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n];
}

function lastTwo(op: string, a: Aval, b: Aval, shape: Shape, swapped: boolean): readonly [Dim, Dim] {
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined)
    throw new ShapeError(op, "operands need two axes or more", [a.shape, b.shape]);
  return swapped ? [columns, rows] : [rows, columns];
}

export const matmulOp = defineOp({
  name: "matmul",
  inputs: ["a", "b"],
  outputs: ["y"],
  attributes: typed<ProductAttributes>(),
  infer: ({ a, b }, attributes) => ({
    y: { dtype: "float32", shape: productShape("matmul", a, b, attributes) },
  }),
  vjp: ({ y: g }, { a, b }, attributes, needs) => productGradients(matmul, g, a, b, attributes, needs),
  lower: (emit, { a, b }, attributes) => ({
    y: emitMatMul(emit, a, b, { ...attributes, ranks: { a: a.shape.length, b: b.shape.length } }),
  }),
  reference: ({ a, b }, attributes, { y }) => product(y, a, b, attributes),
  samples: [
    { title: "batch", inputs: { a: real(2, 3, 4), b: real(2, 4, 5) }, attributes: plain() },
    { title: "shared right side", inputs: { a: real(2, 3, 4), b: real(4, 5) }, attributes: plain() },
    {
      title: "heads, B transposed",
      inputs: { a: real(2, 2, 3, 4), b: real(2, 2, 5, 4) },
      attributes: plain(false, true, 0.5),
    },
    {
      title: "A transposed",
      inputs: { a: real(2, 4, 3), b: real(2, 4, 5) },
      attributes: plain(true, false),
    },
    {
      title: "both transposed, batch of 1",
      inputs: { a: real(1, 4, 3), b: real(2, 5, 4) },
      attributes: plain(true, true),
    },
  ],
});

/** Matrix product over the last two axes; leading axes broadcast. [..., m, k] · [..., k, n] → [..., m, n]. */
export function matmul(a: Tensor, b: Tensor, options: Transposes = {}): Tensor {
  const { transposeA = false, transposeB = false, alpha = 1 } = checkOptions(options, transposeNames);
  return matmulOp.apply({ a, b }, { transposeA, transposeB, alpha }).y;
}

export const gemmOp = defineOp({
  name: "gemm",
  inputs: ["a", "b", "c?"],
  outputs: ["y"],
  attributes: typed<ProductAttributes>(),
  infer({ a, b, c }, attributes) {
    if (a.shape.length !== 2 || b.shape.length !== 2)
      throw new ShapeError("gemm", "operands must be matrices", [a.shape, b.shape]);
    const shape = productShape("gemm", a, b, attributes);
    if (c && !sameShape(broadcastShapes("gemm", c.shape, shape), shape))
      throw new ShapeError("gemm", "the added term does not stretch to the product", [c.shape, shape]);
    return { y: { dtype: "float32", shape } };
  },
  vjp({ y: g }, { a, b, c }, attributes, needs) {
    const product: typeof matmul = (x, y, how) => gemm(x, y, undefined, how);
    return {
      ...productGradients(product, g, a, b, attributes, needs),
      c: c && needs.c ? reduceTo(g, c.shape) : undefined,
    };
  },
  lower: (emit, { a, b, c }, attributes) => ({
    y: emitGemm(emit, [a, b, c], onnxAttributes(attributes)),
  }),
  reference({ a, b, c }, attributes, { y }) {
    product(y, a, b, attributes);
    if (c) {
      forEachBroadcast(y.shape, c.shape, (o, i) => {
        y.data[o]! += c.data[i]!;
      });
    }
  },
  samples: [
    { title: "no bias", inputs: { a: real(3, 4), b: real(4, 5) }, attributes: plain() },
    {
      title: "row bias, B transposed",
      inputs: { a: real(3, 4), b: real(5, 4), c: real(5) },
      attributes: plain(false, true),
    },
    {
      title: "matrix term, A transposed",
      inputs: { a: real(4, 3), b: real(4, 5), c: real(3, 5) },
      attributes: plain(true, false, 2),
    },
    { title: "both transposed", inputs: { a: real(4, 3), b: real(5, 4) }, attributes: plain(true, true) },
  ],
});

/** alpha · a · b + c for matrices; `c` broadcasts to the product. [m, k] · [k, n] + [n] → [m, n]. */
export function gemm(a: Tensor, b: Tensor, c?: Tensor, options: Transposes = {}): Tensor {
  const { transposeA = false, transposeB = false, alpha = 1 } = checkOptions(options, transposeNames);
  return gemmOp.apply({ a, b, c }, { transposeA, transposeB, alpha }).y;
}

/** The gradients of alpha · a · b that are needed, in products of the same kind. */
function productGradients(
  product: typeof matmul,
  g: Tensor,
  a: Tensor,
  b: Tensor,
  { transposeA, transposeB, alpha }: ProductAttributes,
  needs: Readonly<Record<"a" | "b", boolean>>,
) {
  const da = () =>
    transposeA
      ? product(b, g, { transposeA: transposeB, transposeB: true, alpha })
      : product(g, b, { transposeB: !transposeB, alpha });
  const db = () =>
    transposeB
      ? product(g, a, { transposeA: true, transposeB: transposeA, alpha })
      : product(a, g, { transposeA: !transposeA, alpha });
  return {
    a: needs.a ? reduceTo(da(), a.shape) : undefined,
    b: needs.b ? reduceTo(db(), b.shape) : undefined,
  };
}

const onnxAttributes = ({ transposeA, transposeB, alpha }: ProductAttributes) => ({
  transA: Number(transposeA),
  transB: Number(transposeB),
  alpha: { float: alpha },
});

function plain(transposeA = false, transposeB = false, alpha = 1): ProductAttributes {
  return { transposeA, transposeB, alpha };
}

/** Fills `out` with alpha · a · b. */
function product(
  out: ReferenceArray,
  a: ReferenceArray,
  b: ReferenceArray,
  { transposeA, transposeB, alpha }: ProductAttributes,
): void {
  const [m = 1, n = 1] = out.shape.slice(-2);
  const k = a.shape.at(transposeA ? -2 : -1) ?? 1;
  const batch = out.shape.slice(0, -2);
  /** Where the matrices begin that make each matrix of the product. */
  const starts = ({ shape }: ReferenceArray, size: number) => {
    const list: number[] = [];
    forEachBroadcast(batch, shape.slice(0, -2), (_, i) => {
      list.push(i * size);
    });
    return list;
  };
  const startsB = starts(b, k * n);
  starts(a, m * k).forEach((atA, batchIndex) => {
    const atB = startsB[batchIndex]!;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let p = 0; p < k; p++) {
          total +=
            a.data[atA + (transposeA ? p * m + i : i * k + p)]! *
            b.data[atB + (transposeB ? j * k + p : p * n + j)]!;
        }
        out.data[(batchIndex * m + i) * n + j] = alpha * total;
      }
    }
  });
}
