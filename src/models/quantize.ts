/**
 * Rounding a model's matrices to 4 or 8 bits for inference: symmetric, round to nearest, one scale for a block
 * of numbers of a row of weights (the inputs of one output), or for all of them.
 */
import { float32, type HostArray, hostArray } from "../core/array.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { quantizedBlock, SHORT_BLOCK } from "../nn/quantized.ts";
import type { IntegerMatrix } from "../ops/integer-product.ts";
import type { Bits } from "../ops/quantized.ts";
import type { Model } from "./model.ts";

export type Quantization = "q8" | "q4";
export const bitsOf: Readonly<Record<Quantization, Bits>> = { q8: 8, q4: 4 };

/** The parameters that are quantised: matrices of linear maps that {@link packsWhole}. */
export function quantizable({ parameters }: Pick<Model, "parameters">): readonly ParameterSpec[] {
  return parameters.filter(packsWhole);
}

/** Whether a parameter is a matrix, with rows of whole blocks where it may be a table too. */
export const packsWhole = ({ shape, outputs }: Pick<ParameterSpec, "shape" | "outputs">): boolean =>
  outputs === 1 || (outputs === 0 && shape[1]! % SHORT_BLOCK === 0);

export interface PackedMatrix {
  /** [outputs, blocks, bytes of a block]; 4-bit numbers two a byte, the earlier one low. */
  readonly packed: HostArray<"uint8">;
  /** [outputs, blocks] */
  readonly scales: HostArray<"float32">;
}

/**
 * Packs a matrix as ONNX Runtime's MatMulNBits reads it.
 * @param weight row-major, of the spec's shape
 */
export function quantizeMatrix(
  weight: Float32Array,
  { shape, outputs: axis = 0, table = false }: Pick<ParameterSpec, "shape" | "outputs" | "table">,
  bits: Bits,
): PackedMatrix {
  const [outputs, inputs] = (axis === 0 ? shape : [shape[1], shape[0]]) as [number, number];
  const size = quantizedBlock(bits, inputs, table);
  const blocks = Math.ceil(inputs / size);
  const blockBytes = (size * bits) / 8;
  const middle = 2 ** (bits - 1);
  const packed = new Uint8Array(outputs * blocks * blockBytes).fill(bits === 8 ? middle : middle * 17);
  const scales = new Float32Array(outputs * blocks);
  const values = new Float32Array(size);
  // Strides of the weight: of one output to the next, and of one input to the next.
  const [toOutput, toInput] = axis === 0 ? [inputs, 1] : [1, outputs];
  for (let block = 0; block < blocks; block++) {
    const first = block * size;
    const count = Math.min(size, inputs - first);
    for (let output = 0; output < outputs; output++) {
      const start = output * toOutput + first * toInput;
      let largest = 0;
      for (let k = 0; k < count; k++) {
        const w = weight[start + k * toInput]!;
        values[k] = w;
        if (Math.abs(w) > Math.abs(largest)) largest = w;
      }
      // The lowest code has no positive twin: it goes to whichever sign needs the range.
      const scale = closestScale(values, count, largest / -middle, bits);
      const at = output * blocks + block;
      scales[at] = scale;
      if (scale === 0) continue;
      const inverse = 1 / scale;
      for (let k = 0; k < count; k++) {
        const q = codeOf(values[k]! * inverse, middle);
        const byte = at * blockBytes + (bits === 8 ? k : k >> 1);
        if (bits === 8) packed[byte] = q;
        else packed[byte] = k % 2 === 0 ? (packed[byte]! & 0xf0) | q : (packed[byte]! & 0x0f) | (q << 4);
      }
    }
  }
  return {
    packed: hostArray("uint8", [outputs, blocks, blockBytes], packed),
    scales: float32([outputs, blocks], scales),
  };
}

/** Matrices of one width as one, their outputs one after another; a single one as it is. */
export function oneAfterAnother(matrices: readonly PackedMatrix[]): PackedMatrix {
  if (matrices.length === 1) return matrices[0]!;
  const outputs = matrices.reduce((sum, { packed }) => sum + packed.shape[0]!, 0);
  const { packed } = matrices[0]!;
  const [, blocks, bytes] = packed.shape as [number, number, number];
  const all = {
    packed: hostArray("uint8", [outputs, blocks, bytes], new Uint8Array(outputs * blocks * bytes)),
    scales: float32([outputs, blocks]),
  };
  let first = 0;
  for (const { packed, scales } of matrices) {
    all.packed.data.set(packed.data, first * blocks * bytes);
    all.scales.data.set(scales.data, first * blocks);
    first += packed.shape[0]!;
  }
  return all;
}

/** The code of a number in steps of a scale, the nearest that there is; `middle` is that of 0. */
const codeOf = (steps: number, middle: number): number =>
  Math.max(0, Math.min(2 * middle - 1, Math.round(steps) + middle));

/** Scales that are tried for 4 bits, of the one that reaches the largest number: with smaller steps most numbers are nearer. */
const SHARES = [1, 0.93, 0.86, 0.79] as const;

/** The scale by which the first `count` values have the least squared error; of 8 bits it is the largest. */
function closestScale(values: Float32Array, count: number, reaching: number, bits: Bits): number {
  if (bits === 8 || reaching === 0) return reaching;
  const middle = 2 ** (bits - 1);
  let best = reaching;
  let least = Number.POSITIVE_INFINITY;
  for (const share of SHARES) {
    const scale = share * reaching;
    let error = 0;
    for (let k = 0; k < count; k++) {
      const value = values[k]!;
      const off = value - (codeOf(value / scale, middle) - middle) * scale;
      error += off * off;
    }
    if (error < least) [best, least] = [scale, error];
  }
  return best;
}

/**
 * Rounds a matrix to 8 bits with one scale for each output.
 * @param weight row-major, of the spec's shape
 * @returns what `integerProduct` takes
 */
export function roundColumns(
  weight: Float32Array,
  { shape, outputs: axis = 0 }: Pick<ParameterSpec, "shape" | "outputs">,
) {
  const [outputs, inputs] = (axis === 0 ? shape : [shape[1], shape[0]]) as [number, number];
  const [toOutput, toInput] = axis === 0 ? [inputs, 1] : [1, outputs];
  const weights = new Int8Array(inputs * outputs);
  const scales = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const start = output * toOutput;
    let largest = 0;
    for (let k = 0; k < inputs; k++) largest = Math.max(largest, Math.abs(weight[start + k * toInput]!));
    scales[output] = largest / LARGEST_INTEGER;
    const inverse = largest === 0 ? 0 : LARGEST_INTEGER / largest;
    for (let k = 0; k < inputs; k++)
      weights[k * outputs + output] = Math.round(weight[start + k * toInput]! * inverse);
  }
  return {
    weights: hostArray("int8", [inputs, outputs], weights),
    scales: float32([outputs], scales),
  } satisfies IntegerMatrix<HostArray>;
}

/** Codes are symmetric: -128 is not used. */
const LARGEST_INTEGER = 127;
