/**
 * Recurrent layers over a whole sequence, unrolled when lowered, with gradients derived by hand.
 *
 * One operation is one layer: it takes the input projections of all time steps at once (one Gemm
 * outside) and keeps the activations of every step for the backward pass. Backward, everything that
 * does not depend on the later steps is computed for the whole sequence in single nodes; what is left
 * in the loop is one product with the recurrent weights and a handful of small nodes. The weight
 * gradient is one Gemm over the whole sequence.
 *
 * Where a text begins within a sequence, `resets` marks the step, and the layer reads it as the first: from a state
 * of zeros, past which no gradient goes back.
 *
 * Layouts are PyTorch's: rows of a sequence are time-major ([steps · batch, ...]); gates stand in the
 * order i, f, g, o (LSTM) and r, z, n (GRU); recurrent weights are [gates · hidden, hidden].
 */

import { float32 } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { constant } from "../graph/leaves.ts";
import type { Aval, Tensor } from "../graph/tensor.ts";
import { broadcastTo } from "./broadcast.ts";
import type { Emitter, Operand, ReferenceArray, SampleInput } from "./define.ts";

export type RecurrentAttributes = { readonly steps: number };

export interface RecurrentSizes {
  readonly batch: number;
  readonly hidden: number;
}

/** Checks the operands of a recurrent layer and returns its sizes. */
export function recurrentSizes(
  op: string,
  gates: number,
  projections: Aval,
  state: Aval,
  weight: Aval,
  { steps }: RecurrentAttributes,
  resets?: Aval,
): RecurrentSizes {
  const [batch, hidden] = state.shape;
  if (typeof batch !== "number" || typeof hidden !== "number")
    throw new ShapeError(op, "sizes must be static", [state.shape]);
  if (projections.shape[0] !== steps * batch || projections.shape[1] !== gates * hidden) {
    throw new ShapeError(op, `expected projections [steps·batch, ${gates}·hidden] for ${steps} steps`, [
      projections.shape,
      state.shape,
    ]);
  }
  if (weight.shape[0] !== gates * hidden || weight.shape[1] !== hidden) {
    throw new ShapeError(op, `expected recurrent weights [${gates}·hidden, hidden]`, [
      weight.shape,
      state.shape,
    ]);
  }
  if (resets && (resets.dtype !== "bool" || resets.shape.length !== 1 || resets.shape[0] !== steps * batch)) {
    throw new ShapeError(op, `expected resets to be bool [steps·batch] for ${steps} steps`, [
      resets.shape,
      state.shape,
    ]);
  }
  return { batch, hidden };
}

/** Avals of `count` matrices. */
export const matrices = (count: number, rows: number, columns: number): Aval[] =>
  Array.from({ length: count }, () => ({ dtype: "float32" as const, shape: [rows, columns] }));

/** The cotangent, or zeros where nothing depends on the output. */
export const orZeros = (cotangent: Tensor | undefined, like: Tensor): Tensor =>
  cotangent ?? broadcastTo(constant(float32([], [0])), like.shape);

/** float32 as ONNX numbers it. */
const FLOAT = 1;

/** Small helpers that make unrolled lowerings read like the equations. */
export function emitter(emit: Emitter) {
  return {
    mul: (a: string, b: string) => emit.node("Mul", [a, b]),
    add: (a: string, b: string) => emit.node("Add", [a, b]),
    sub: (a: string, b: string) => emit.node("Sub", [a, b]),
    tanh: (a: string) => emit.node("Tanh", [a]),
    sigmoid: (a: string) => emit.node("Sigmoid", [a]),
    oneMinus: (a: string) => emit.node("Sub", [emit.scalar(1), a]),
    rows: (parts: readonly string[]) =>
      parts.length === 1 ? parts[0]! : emit.node("Concat", parts, { attributes: { axis: 0 } }),
    columns: (parts: readonly string[]) => emit.node("Concat", parts, { attributes: { axis: 1 } }),
    splitRows: (x: string, steps: number, size: number) =>
      steps === 1
        ? [x]
        : emit.nodes("Split", [x, emit.ints(new Array<number>(steps).fill(size))], steps, {
            attributes: { axis: 0 },
          }),
    splitColumns: (x: string, sizes: readonly number[]) =>
      emit.nodes("Split", [x, emit.ints(sizes)], sizes.length, { attributes: { axis: 1 } }),
    /** What is left of the state before each step: 0 where `resets` is true, else 1, float32 [steps · batch, 1]. */
    keep: (resets: Operand) =>
      emit.node("Reshape", [
        emit.node("Cast", [emit.node("Not", [resets.name])], { attributes: { to: FLOAT } }),
        emit.ints([-1, 1]),
      ]),
    /** a · bᵀ (+ c) */
    productT: (a: string, b: string, c?: string) =>
      emit.node("Gemm", c ? [a, b, c] : [a, b], { attributes: { transB: 1 } }),
    /** a · b (+ c) */
    product: (a: string, b: string, c?: string) => emit.node("Gemm", c ? [a, b, c] : [a, b]),
    /** aᵀ · b */
    tProduct: (a: string, b: string) => emit.node("Gemm", [a, b], { attributes: { transA: 1 } }),
  };
}

export const names = (operands: readonly Operand[]): string[] => operands.map((o) => o.name);

/** Row blocks of a time-major reference array: `steps` views of `[batch, columns]`. */
export const block = (x: ReferenceArray, step: number, batch: number): Float64Array => {
  const width = x.shape[1]!;
  return x.data.subarray(step * batch * width, (step + 1) * batch * width);
};

/** Resets for samples: at the first step, and where the batch's other rows go on. */
export const resetRows = (rows: number): SampleInput => ({
  shape: [rows],
  dtype: "bool",
  values: Array.from({ length: rows }, (_, i) => Number(i % 3 === 0)),
});

/** The state before step `t`, with zeros in the rows that start over there. */
export function stateBefore(
  state: Float64Array,
  resets: ReferenceArray | undefined,
  t: number,
  batch: number,
) {
  if (!resets) return state;
  const width = state.length / batch;
  return state.map((value, at) => (resets.data[t * batch + Math.floor(at / width)] ? 0 : value));
}

/** The same for a gradient that goes back from step `t`, in place. */
export function stopAtResets(
  gradient: Float64Array,
  resets: ReferenceArray | undefined,
  t: number,
  batch: number,
): void {
  gradient.set(stateBefore(gradient, resets, t, batch));
}

/** out[b, j] += Σ_k a[b, k] · weight[j, k], or with weight[k, j] where `transposed`. */
export function accumulateProduct(
  out: Float64Array,
  a: Float64Array,
  weight: Float64Array,
  batch: number,
  inner: number,
  outer: number,
  transposed = false,
): void {
  for (let b = 0; b < batch; b++) {
    for (let j = 0; j < outer; j++) {
      let total = 0;
      for (let k = 0; k < inner; k++)
        total += a[b * inner + k]! * weight[transposed ? k * outer + j : j * inner + k]!;
      out[b * outer + j]! += total;
    }
  }
}

/** weightGradient[j, k] += Σ_b dGates[b, j] · h[b, k]. */
export function accumulateOuter(
  out: Float64Array,
  dGates: Float64Array,
  h: Float64Array,
  batch: number,
  rows: number,
  columns: number,
): void {
  for (let b = 0; b < batch; b++) {
    for (let j = 0; j < rows; j++) {
      for (let k = 0; k < columns; k++) out[j * columns + k]! += dGates[b * rows + j]! * h[b * columns + k]!;
    }
  }
}

export const sigmoidReference = (x: number): number => 1 / (1 + Math.exp(-x));
