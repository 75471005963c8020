/** Pieces that lowerings share, each as the device that the graph is for computes it best. */
import { type Emitter, elementNumber, type NodeOptions, type Value } from "./emitter.ts";

/** Parts of one axis, of these sizes: one Split, or a tree of them where the device has few buffers for one node. */
export function emitSplit(
  emit: Emitter,
  x: Value,
  axis: number,
  sizes: readonly number[],
): readonly string[] {
  const attributes = { axis };
  const { mostParts } = emit.kernels;
  if (sizes.length <= mostParts)
    return emit.nodes("Split", [x, emit.ints(sizes)], sizes.length, { attributes });
  const groups = grouped(sizes, mostParts);
  const totals = groups.map((group) => group.reduce((sum, size) => sum + size, 0));
  return emitSplit(emit, x, axis, totals).flatMap((part, i) => {
    const group = groups[i]!;
    return group.length === 1 ? [part] : emitSplit(emit, part, axis, group);
  });
}

/** Values joined along one axis: one Concat, or a tree of them where the device has few buffers for one node. */
export function emitConcat(emit: Emitter, parts: readonly Value[], axis: number): string {
  const attributes = { axis };
  const { mostParts } = emit.kernels;
  if (parts.length <= mostParts) return emit.node("Concat", parts, { attributes });
  const joined = grouped(parts, mostParts).map((group) =>
    group.length === 1 ? group[0]! : emit.node("Concat", group, { attributes }),
  );
  return emitConcat(emit, joined, axis);
}

/** The list in runs of `size`, the last perhaps shorter. */
function grouped<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  const groups: (readonly T[])[] = [];
  for (let at = 0; at < list.length; at += size) groups.push(list.slice(at, at + size));
  return groups;
}

/** log softmax(x) over the last axis: LogSoftmax, or x - max - log Σ exp(x - max) where the device lacks it. */
export function emitLogSoftmax(emit: Emitter, x: Value): string {
  if (!emit.kernels.missing.has("LogSoftmax"))
    return emit.node("LogSoftmax", [x], { attributes: { axis: -1 } });
  const last = emit.ints([-1]);
  const shifted = emit.node("Sub", [x, emit.node("ReduceMax", [x, last])]);
  const total = emit.node("ReduceSum", [emit.node("Exp", [shifted]), last]);
  return emit.node("Sub", [shifted, emit.node("Log", [total])]);
}

export interface ProductForm {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number;
  /** Axes of each operand, where it is transposed. */
  readonly ranks: { readonly a: number; readonly b: number };
}

/** alpha · a · b over the last two axes, either transposed: FusedMatMul, or its parts where the device lacks it. */
export function emitMatMul(
  emit: Emitter,
  a: Value,
  b: Value,
  { transposeA, transposeB, alpha, ranks }: ProductForm,
): string {
  const { missing, halfProducts } = emit.kernels;
  const fused = !halfProducts && !missing.has("FusedMatMul");
  if (fused && (transposeA || transposeB || alpha !== 1))
    return emit.node("FusedMatMul", [a, b], {
      domain: "com.microsoft",
      attributes: { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: alpha } },
    });
  const turned = (x: Value, rank: number) => {
    const perm = Array.from({ length: rank }, (_, i) => i);
    perm.splice(-2, 2, rank - 1, rank - 2);
    return emit.node("Transpose", [x], { attributes: { perm } });
  };
  const product = emitProduct(emit, [a, b], (x, y) =>
    emit.node("MatMul", [transposeA ? turned(x, ranks.a) : x, transposeB ? turned(y, ranks.b) : y]),
  );
  return alpha === 1 ? product : emit.node("Mul", [product, emit.scalar(alpha)]);
}

/** a · b + c for matrices. @param attributes of Gemm */
export function emitGemm(
  emit: Emitter,
  [a, b, c]: readonly [Value, Value, (Value | undefined)?],
  attributes: NodeOptions["attributes"] = {},
): string {
  if (!emit.kernels.halfProducts) return emit.node("Gemm", c ? [a, b, c] : [a, b], { attributes });
  const product = emitProduct(emit, [a, b], (x, y) => emit.node("Gemm", [x, y], { attributes }));
  // The sum keeps its 32 bits.
  return c ? emit.node("Add", [product, c]) : product;
}

/** A product in 16 bits with its result in 32, where the graph is to have such; else in 32. */
function emitProduct(
  emit: Emitter,
  [a, b]: readonly [Value, Value],
  product: (a: Value, b: Value) => string,
): string {
  if (!emit.kernels.halfProducts) return product(a, b);
  return emit.node("Cast", [product(emit.half(a), emit.half(b))], {
    attributes: { to: elementNumber.float32 },
  });
}
