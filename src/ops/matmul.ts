/** Matrix products: batched over leading axes, and the two-dimensional form with an added term. */
import { ShapeError } from "../core/errors.ts";
import { broadcastShapes, type Dim, type Shape } from "../core/shape.ts";
import type { Aval, Tensor } from "../graph/tensor.ts";
import { forEachBroadcast, reduceTo } from "./broadcast.ts";
import { defineOp, type ReferenceArray, real, zeros } from "./define.ts";

export interface Transposes {
  /** The first operand is read with its last two axes swapped. */
  readonly transposeA?: boolean;
  /** The second operand is read with its last two axes swapped. */
  readonly transposeB?: boolean;
  /** Factor of the product. Default 1. */
  readonly alpha?: number;
}
type ProductAttributes = {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number;
};

function productShape(op: string, a: Aval, b: Aval, { transposeA, transposeB }: ProductAttributes): Shape {
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new ShapeError(op, "operands need two axes or more", [a.shape, b.shape]);
  const [m, k] = lastTwo(a.shape, transposeA);
  const [k2, n] = lastTwo(b.shape, transposeB);
  if (k !== k2) throw new ShapeError(op, "the inner sizes differ", [a.shape, b.shape]);
  return [...broadcastShapes(op, a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n];
}

function lastTwo(shape: Shape, swapped: boolean): [Dim, Dim] {
  const pair = [shape[shape.length - 2]!, shape[shape.length - 1]!] as [Dim, Dim];
  return swapped ? [pair[1], pair[0]] : pair;
}

export const matmulOp = defineOp<ProductAttributes>({
  name: "matmul",
  infer: ([a, b], attributes) => [{ dtype: "float32", shape: productShape("matmul", a!, b!, attributes) }],
  vjp({ inputs: [a, b], cotangents: [g], attributes: { transposeA, transposeB, alpha }, needs }) {
    const da = transposeA
      ? () => matmul(b!, g!, { transposeA: transposeB, transposeB: true, alpha })
      : () => matmul(g!, b!, { transposeB: !transposeB, alpha });
    const db = transposeB
      ? () => matmul(g!, a!, { transposeA: true, transposeB: transposeA, alpha })
      : () => matmul(a!, g!, { transposeA: !transposeA, alpha });
    return [needs[0] ? reduceTo(da(), a!.shape) : undefined, needs[1] ? reduceTo(db(), b!.shape) : undefined];
  },
  lower(emit, [a, b], { transposeA, transposeB, alpha }) {
    if (!transposeA && !transposeB && alpha === 1) return emit.node("MatMul", [a!.name, b!.name]);
    return emit.node("FusedMatMul", [a!.name, b!.name], {
      domain: "com.microsoft",
      attributes: { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: alpha } },
    });
  },
  reference: ([a, b], attributes, [out]) => [product(a!, b!, attributes, out!.shape)],
  samples: [
    { title: "batch", inputs: [real(2, 3, 4), real(2, 4, 5)], attributes: plain() },
    { title: "shared right side", inputs: [real(2, 3, 4), real(4, 5)], attributes: plain() },
    {
      title: "heads, B transposed",
      inputs: [real(2, 2, 3, 4), real(2, 2, 5, 4)],
      attributes: plain(false, true, 0.5),
    },
    { title: "A transposed", inputs: [real(2, 4, 3), real(2, 4, 5)], attributes: plain(true, false) },
    {
      title: "both transposed, batch of 1",
      inputs: [real(1, 4, 3), real(2, 5, 4)],
      attributes: plain(true, true),
    },
  ],
});

/** Matrix product over the last two axes; leading axes broadcast. [..., m, k] · [..., k, n] → [..., m, n]. */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, alpha = 1 }: Transposes = {},
): Tensor {
  return matmulOp.apply([a, b], { transposeA, transposeB, alpha })[0]!;
}

export const gemmOp = defineOp<ProductAttributes>({
  name: "gemm",
  infer([a, b, c], attributes) {
    if (a!.shape.length !== 2 || b!.shape.length !== 2)
      throw new ShapeError("gemm", "operands must be matrices", [a!.shape, b!.shape]);
    const shape = productShape("gemm", a!, b!, attributes);
    if (c) broadcastShapes("gemm", c.shape, shape);
    return [{ dtype: "float32", shape }];
  },
  vjp({ inputs: [a, b, c], cotangents: [g], attributes: { transposeA, transposeB, alpha }, needs }) {
    const da = transposeA
      ? () => gemm(b!, g!, undefined, { transposeA: transposeB, transposeB: true, alpha })
      : () => gemm(g!, b!, undefined, { transposeB: !transposeB, alpha });
    const db = transposeB
      ? () => gemm(g!, a!, undefined, { transposeA: true, transposeB: transposeA, alpha })
      : () => gemm(a!, g!, undefined, { transposeA: !transposeA, alpha });
    return [
      needs[0] ? da() : undefined,
      needs[1] ? db() : undefined,
      c && needs[2] ? reduceTo(g!, c.shape) : undefined,
    ];
  },
  lower: (emit, inputs, { transposeA, transposeB, alpha }) =>
    emit.node(
      "Gemm",
      inputs.map((x) => x.name),
      { attributes: { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: alpha } } },
    ),
  reference([a, b, c], attributes, [out]) {
    const result = product(a!, b!, attributes, out!.shape);
    if (c) {
      forEachBroadcast(result.shape, c.shape, (o, i) => {
        result.data[o]! += c.data[i]!;
      });
    }
    return [result];
  },
  samples: [
    { title: "no bias", inputs: [real(3, 4), real(4, 5)], attributes: plain() },
    {
      title: "row bias, B transposed",
      inputs: [real(3, 4), real(5, 4), real(5)],
      attributes: plain(false, true),
    },
    {
      title: "matrix term, A transposed",
      inputs: [real(4, 3), real(4, 5), real(3, 5)],
      attributes: plain(true, false, 2),
    },
    { title: "both transposed", inputs: [real(4, 3), real(5, 4)], attributes: plain(true, true) },
  ],
});

/** alpha · a · b + c for matrices; `c` broadcasts to the product. [m, k] · [k, n] + [n] → [m, n]. */
export function gemm(
  a: Tensor,
  b: Tensor,
  c?: Tensor,
  { transposeA = false, transposeB = false, alpha = 1 }: Transposes = {},
): Tensor {
  return gemmOp.apply(c ? [a, b, c] : [a, b], { transposeA, transposeB, alpha })[0]!;
}

function plain(transposeA = false, transposeB = false, alpha = 1): ProductAttributes {
  return { transposeA, transposeB, alpha };
}

function product(
  a: ReferenceArray,
  b: ReferenceArray,
  { transposeA, transposeB, alpha }: ProductAttributes,
  shape: Shape,
): ReferenceArray {
  const out = zeros(shape);
  const m = out.shape[out.shape.length - 2]!;
  const n = out.shape[out.shape.length - 1]!;
  const k = a.shape[a.shape.length - (transposeA ? 2 : 1)]!;
  const batch = out.shape.slice(0, -2);
  const starts = (x: ReferenceArray) => {
    const list: number[] = [];
    forEachBroadcast(batch, x.shape.slice(0, -2), (_, i) => {
      list.push(i * x.shape[x.shape.length - 1]! * x.shape[x.shape.length - 2]!);
    });
    return list;
  };
  const startsA = starts(a);
  const startsB = starts(b);
  startsA.forEach((atA, batchIndex) => {
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
  return out;
}
