/**
 * Products of whole numbers: both operands in 8 bits, a scale for each row of the one (a token) and for each column of
 * the other (an output), as ZeroQuant rounds them (Yao et al. 2022, arXiv 2206.01861, section 4.1). A row is rounded by
 * its own numbers alone, so that a text's results do not depend on those that it is read with.
 */
import { hostArray } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { sameShape, sizes } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, drawn, indices, none, positive, real } from "./define.ts";
import { type Emitter, elementNumber } from "./emitter.ts";

/** The largest whole number, and the code of 0: kernels take one operand without a sign. */
const LARGEST = 127;
const ZERO = 128;
/** The scale of a row of zeros. */
const SMALLEST_SCALE = 1e-30;

export const roundedRowsOp = defineOp({
  name: "rounded_rows",
  inputs: ["x"],
  outputs: ["codes", "scales"],
  infer({ x }) {
    const [rows, width] = x.shape;
    if (x.shape.length !== 2 || x.dtype !== "float32")
      throw new ShapeError("rounded_rows", "expected float32 [rows, width]", [x.shape]);
    return {
      codes: { dtype: "uint8", shape: [rows!, width!] },
      scales: { dtype: "float32", shape: [rows!, 1] },
    };
  },
  vjp: none("rounding is for inference; its gradient is zero almost everywhere"),
  lower(emit, { x }) {
    const last = emit.ints([1]);
    const largest = emit.node("ReduceMax", [emit.node("Abs", [x]), last], { attributes: { keepdims: 0 } });
    const step = emit.node("Mul", [largest, emit.scalar(1 / LARGEST)]);
    const scales = emit.node("Max", [step, emit.scalar(SMALLEST_SCALE)]);
    // Stretched as floats: WebGPU has no kernel for bytes.
    const zero = emit.node("Expand", [emit.scalar(ZERO), emit.node("Shape", [scales])]);
    const zeros = emit.node("Cast", [zero], { attributes: { to: elementNumber.uint8 } });
    return {
      codes: emit.node("QuantizeLinear", [x, scales, zeros], { attributes: { axis: 0 } }),
      scales: emit.node("Unsqueeze", [scales, last]),
    };
  },
  reference({ x }, _, { codes, scales }) {
    const [rows, width] = sizes("rounded_rows", x.shape, 2);
    for (let i = 0; i < rows; i++) {
      const row = x.data.subarray(i * width, (i + 1) * width);
      const scale = Math.max(Math.max(...row.map(Math.abs)) / LARGEST, SMALLEST_SCALE);
      scales.data[i] = scale;
      codes.data.set(
        row.map((v) => Math.round(v / scale) + ZERO),
        i * width,
      );
    }
  },
  samples: [
    { title: "rows of different sizes", inputs: { x: real(3, 20) } },
    {
      title: "a row of zeros",
      inputs: { x: { shape: [2, 3], dtype: "float32", values: [0, 0, 0, -3.1, 2, 1] } },
    },
  ],
});

const zeroCode = (emit: Emitter): string => emit.constant(hostArray("uint8", [], Uint8Array.of(ZERO)));

/**
 * The rows of x in whole numbers: x ≈ (codes - 128) · scales, 0 exact.
 * @param x [rows, width]
 * @returns `codes` uint8 [rows, width], `scales` [rows, 1]
 */
export function roundedRows(x: Tensor): RoundedRows {
  return roundedRowsOp.apply({ x });
}

export interface RoundedRows {
  readonly codes: Tensor;
  readonly scales: Tensor;
}

export const integerProductOp = defineOp({
  name: "integer_product",
  inputs: ["codes", "scales", "weights", "weightScales", "bias?"],
  outputs: ["y"],
  infer({ codes, scales, weights, weightScales, bias }) {
    const [rows, width] = codes.shape;
    const [inputs, outputs] = weights.shape;
    const fits =
      codes.shape.length === 2 &&
      weights.shape.length === 2 &&
      width === inputs &&
      sameShape(scales.shape, [rows!, 1]) &&
      [weightScales, bias].every((vector) => !vector || sameShape(vector.shape, [outputs!]));
    if (!fits || codes.dtype !== "uint8" || weights.dtype !== "int8")
      throw new ShapeError(
        "integer_product",
        "expected codes uint8 [rows, inputs], a scale for each row, weights int8 [inputs, outputs], and a scale for each output",
        [codes, scales, weights, weightScales],
      );
    return { y: { dtype: "float32", shape: [rows!, outputs!] } };
  },
  vjp: none("rounded weights are for inference; train the float ones"),
  lower(emit, { codes, scales, weights, weightScales, bias }) {
    const operands = [codes, weights, emit.scalar(1), weightScales, zeroCode(emit)];
    const unscaled = emit.node("MatMulIntegerToFloat", operands, { domain: "com.microsoft" });
    const y = emit.node("Mul", [unscaled, scales]);
    return { y: bias ? emit.node("Add", [y, bias]) : y };
  },
  reference({ codes, scales, weights, weightScales, bias }, _, { y }) {
    const [rows, outputs] = sizes("integer_product", y.shape, 2);
    const [inputs] = sizes("integer_product", weights.shape, 2);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < outputs; j++) {
        let total = 0;
        for (let k = 0; k < inputs; k++)
          total += (codes.data[i * inputs + k]! - ZERO) * weights.data[k * outputs + j]!;
        y.data[i * outputs + j] = total * scales.data[i]! * weightScales.data[j]! + (bias?.data[j] ?? 0);
      }
    }
  },
  samples: [
    { title: "no bias", inputs: operands(3, 40, 5) },
    { title: "bias", inputs: { ...operands(2, 7, 4), bias: real(4) } },
  ],
});

/** A matrix in whole numbers: W = weights · scales. */
export interface IntegerMatrix<T> {
  /** int8 [inputs, outputs] */
  readonly weights: T;
  /** [outputs] */
  readonly scales: T;
}

/**
 * x · W + bias.
 * @param bias [outputs]
 * @returns [rows, outputs]
 */
export function integerProduct(
  x: RoundedRows,
  { weights, scales: weightScales }: IntegerMatrix<Tensor>,
  bias?: Tensor,
): Tensor {
  return integerProductOp.apply({ ...x, weights, weightScales, bias }).y;
}

export const integerRowsOp = defineOp({
  name: "integer_rows",
  inputs: ["weights", "scales", "index"],
  outputs: ["rows"],
  infer({ weights, scales, index }) {
    const [width, size] = weights.shape;
    if (weights.shape.length !== 2 || weights.dtype !== "int8" || !sameShape(scales.shape, [size!]))
      throw new ShapeError("integer_rows", "expected int8 [width, rows], and a scale for each row", [
        weights,
        scales,
      ]);
    return { rows: { dtype: "float32", shape: [...index.shape, width!] } };
  },
  vjp: none("rounded weights are for inference; train the float ones"),
  lower(emit, { weights, scales, index }) {
    // Columns of the matrix first: only those that are read are turned.
    const columns = emit.node("Gather", [weights, index], { attributes: { axis: 1 } });
    const perm = [...index.shape.map((_, axis) => axis + 1), 0];
    const codes = emit.node("Transpose", [columns], { attributes: { perm } });
    const floats = emit.node("Cast", [codes], { attributes: { to: elementNumber.float32 } });
    const steps = emit.node("Gather", [scales, index], { attributes: { axis: 0 } });
    return { rows: emit.node("Mul", [floats, emit.node("Unsqueeze", [steps, emit.ints([-1])])]) };
  },
  reference({ weights, scales, index }, _, { rows }) {
    const [width, size] = sizes("integer_rows", weights.shape, 2);
    index.data.forEach((row, i) => {
      for (let k = 0; k < width; k++)
        rows.data[i * width + k] = weights.data[k * size + row]! * scales.data[row]!;
    });
  },
  samples: [
    {
      title: "tokens of two texts",
      inputs: { weights: wholeNumbers(7, 5), scales: positive(5), index: indices(5, 2, 3) },
    },
  ],
});

/**
 * Rows by number of a table that is a matrix of whole numbers: row `i` has the weights of output `i`.
 * @returns [...index, inputs]
 */
export function integerRows({ weights, scales }: IntegerMatrix<Tensor>, index: Tensor): Tensor {
  return integerRowsOp.apply({ weights, scales, index }).rows;
}

/** Inputs of a sample. */
function operands(rows: number, inputs: number, outputs: number) {
  return {
    codes: drawn("uint8", (u) => Math.floor(u * 256))(rows, inputs),
    scales: positive(rows, 1),
    weights: wholeNumbers(inputs, outputs),
    weightScales: positive(outputs),
  };
}

function wholeNumbers(...shape: number[]) {
  return drawn("int8", (u) => Math.floor(u * 255) - 127)(...shape);
}
