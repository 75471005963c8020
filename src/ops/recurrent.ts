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
 * Layouts are PyTorch's: rows of a sequence are time-major ([steps · batch, ...]); gates come in the
 * order i, f, g, o (LSTM) and r, z, n (GRU); recurrent weights are [gates · hidden, hidden].
 */
import { ShapeError } from "../core/errors.ts";
import { sameShape, sizes } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import type { Aval, Tensor } from "../graph/tensor.ts";
import { broadcastTo } from "./broadcast.ts";
import { type ReferenceArray, real, type SampleInput } from "./define.ts";
import { type Emitter, elementNumber, type Value } from "./emitter.ts";
import { emitConcat, emitGemm, emitSplit } from "./lowering.ts";

export type RecurrentAttributes = { readonly steps: number };

/** Checks the operands of a recurrent layer and returns its sizes. */
export function recurrentSizes(
  op: string,
  gates: number,
  {
    x,
    h0,
    weight,
    resets,
  }: Readonly<Record<"x" | "h0" | "weight", Aval>> & { readonly resets?: Aval | undefined },
  { steps }: RecurrentAttributes,
): { readonly batch: number; readonly hidden: number } {
  const [batch, hidden] = sizes(op, h0.shape, 2);
  if (!sameShape(x.shape, [steps * batch, gates * hidden]))
    throw new ShapeError(op, `expected projections [${steps}·batch, ${gates}·hidden]`, [x, h0]);
  if (!sameShape(weight.shape, [gates * hidden, hidden]))
    throw new ShapeError(op, `expected recurrent weights [${gates}·hidden, hidden]`, [weight, h0]);
  if (resets && (resets.dtype !== "bool" || !sameShape(resets.shape, [steps * batch])))
    throw new ShapeError(op, `expected resets to be bool [${steps}·batch]`, [resets, h0]);
  return { batch, hidden };
}

export const matrix = (rows: number, columns: number): Aval => ({ dtype: "float32", shape: [rows, columns] });

/** The same for each step. */
export const perStep = <T>(steps: number, value: T): readonly T[] => new Array<T>(steps).fill(value);

/** The cotangent, or zeros where nothing depends on the output. */
export const orZeros = (cotangent: Tensor | undefined, like: Tensor): Tensor =>
  cotangent ?? broadcastTo(constant(0), like.shape);

/** Small helpers that make unrolled lowerings read like the equations. */
export function emitter(emit: Emitter) {
  const oneByOne = (opType: string) => (a: Value, b: Value) => emit.node(opType, [a, b]);
  const sub = oneByOne("Sub");
  return {
    mul: oneByOne("Mul"),
    add: oneByOne("Add"),
    sub,
    tanh: (a: Value) => emit.node("Tanh", [a]),
    sigmoid: (a: Value) => emit.node("Sigmoid", [a]),
    oneMinus: (a: Value) => sub(emit.scalar(1), a),
    rows([first = "", ...rest]: readonly Value[]): Value {
      return rest.length === 0 ? first : emitConcat(emit, [first, ...rest], 0);
    },
    columns: (parts: readonly Value[]) => emitConcat(emit, parts, 1),
    splitRows: (x: Value, steps: number, size: number): readonly Value[] =>
      steps === 1 ? [x] : emitSplit(emit, x, 0, perStep(steps, size)),
    /** Columns by name, given the number of each. */
    splitColumns: <N extends string>(x: Value, names: readonly N[], sizes: readonly number[]) =>
      Object.fromEntries(emitSplit(emit, x, 1, sizes).map((part, i) => [names[i]!, part])) as Record<
        N,
        string
      >,
    /** What is left of the state before each step: 0 where `resets` is true, else 1, float32 [steps · batch, 1]. */
    keep: (resets: Value) =>
      emit.node("Reshape", [
        emit.node("Cast", [emit.node("Not", [resets])], { attributes: { to: elementNumber.float32 } }),
        emit.ints([-1, 1]),
      ]),
    /** a · bᵀ (+ c) */
    productT: (a: Value, b: Value, c?: Value) => emitGemm(emit, [a, b, c], { transB: 1 }),
    /** a · b (+ c) */
    product: (a: Value, b: Value, c?: Value) => emitGemm(emit, [a, b, c]),
    /** aᵀ · b */
    tProduct: (a: Value, b: Value) => emitGemm(emit, [a, b], { transA: 1 }),
  };
}

/** Row blocks of a time-major reference array: `steps` views of `[batch, columns]`. */
export const block = (x: ReferenceArray, step: number, batch: number): Float64Array => {
  const width = x.shape[1] ?? 1;
  return x.data.subarray(step * batch * width, (step + 1) * batch * width);
};

/** What each step keeps, as a list for each name. */
export const byName = <K extends string>(
  steps: readonly Readonly<Record<K, string>>[],
): Readonly<Record<K, readonly string[]>> => {
  const names = Object.keys(steps[0] ?? {}) as K[];
  return Object.fromEntries(names.map((name) => [name, steps.map((step) => step[name])])) as never;
};

/** Writes what one unit of one row computes at step `t`. */
export function writeStep<K extends string>(
  kept: Readonly<Record<K, readonly ReferenceArray[]>>,
  t: number,
  at: number,
  values: Readonly<Record<K, number>>,
): void {
  for (const key in values) kept[key][t]!.data[at] = values[key];
}

/** Resets for samples: at the first step, and where the batch's other rows go on. */
const resetRows = (rows: number): SampleInput => ({
  shape: [rows],
  dtype: "bool",
  values: Array.from({ length: rows }, (_, i) => Number(i % 3 === 0)),
});

/**
 * Samples of a layer that reads two rows, in one step, in several, and with resets.
 * @param others operands of that layer alone, for a size of the state
 */
export const layerSamples = <I>(gates: number, others: (hidden: number) => I) =>
  [
    { title: "one step", steps: 1, hidden: 3, resets: undefined },
    { title: "four steps", steps: 4, hidden: 2, resets: undefined },
    { title: "four steps with resets", steps: 4, hidden: 2, resets: resetRows(8) },
  ].map(({ title, steps, hidden, resets }) => {
    const [x, h0, weight] = [
      real(2 * steps, gates * hidden),
      real(2, hidden),
      real(gates * hidden, hidden),
    ] as const;
    return { title, inputs: { x, h0, weight, ...others(hidden), resets }, attributes: { steps } };
  });

/**
 * The same of its gradient, in two steps.
 * @param others operands of that gradient alone, for a state and the list of those of each step
 */
export const gradientSamples = <I>(
  gates: number,
  others: (state: SampleInput, each: readonly SampleInput[]) => I,
) =>
  [undefined, resetRows(4)].map((resets) => {
    const state = real(2, 3);
    const each = perStep(2, state);
    const [dOutput, weight] = [real(4, 3), real(3 * gates, 3)];
    return {
      title: resets ? "two steps with resets" : "two steps",
      inputs: { dOutput, dH: state, h0: state, weight, states: each, ...others(state, each), resets },
      attributes: { steps: 2 },
    };
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
