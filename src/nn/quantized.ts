/**
 * Weights in 4 or 8 bits in place of floats: a matrix `name` is given as `name.packed` and `name.scales`, and, where
 * it is read by row too, the same bytes as `name.rows`; or as `name.weights` in whole numbers with
 * `name.scales`, which is faster for many rows of x.
 */
import type { Tensor } from "../graph/tensor.ts";
import { integerProduct, integerRows, roundedRows } from "../ops/integer-product.ts";
import { type Bits, quantizedProduct, quantizedRows } from "../ops/quantized.ts";
import type { Parameters } from "./parameters.ts";

/**
 * Numbers that share a scale, in rows of `width`: few of 4 bits, as their rounding needs more scales; of 8 bits as many
 * as fit, since fewer scales are faster.
 */
export const quantizedBlock = (bits: Bits, width: number): number =>
  bits === 8 && width % LONG_BLOCK === 0 ? LONG_BLOCK : SHORT_BLOCK;

const LONG_BLOCK = 128;
/** Rows of tables are whole blocks of this at least. */
export const SHORT_BLOCK = 32;

export interface QuantizedMatrix {
  /** x · Wᵀ + bias. [rows, width] → [rows, outputs]. */
  multiply(x: Tensor, bias?: Tensor): Tensor;
  /** Rows of W by number. [...index] → [...index, width]. */
  rows(index: Tensor): Tensor;
}

/** The quantised form of a matrix, or undefined where it is in floats. */
export function quantizedMatrix(parameters: Parameters, name: string): QuantizedMatrix | undefined {
  const [packed, scales, rows, weights] = ["packed", "scales", "rows", "weights"].map(
    (part) => parameters[`${name}.${part}`],
  );
  if (weights && scales)
    return {
      multiply: (x, bias) => integerProduct(roundedRows(x), { weights, scales }, bias),
      rows: (index) => integerRows({ weights, scales }, index),
    };
  if (!packed || !scales) return undefined;
  const bytes = packed.shape[2] as number;
  const bits: Bits = bytes === SHORT_BLOCK / 2 ? 4 : 8;
  const block = (bytes * 8) / bits;
  return {
    multiply: (x, bias) =>
      quantizedProduct(x, packed, scales, bias, {
        bits,
        block,
        width: x.shape[1] as number,
        activations: "int8",
      }),
    rows(index) {
      if (!rows) throw new Error(`the quantised matrix "${name}" was not given by row`);
      const width = (scales.shape[1] as number) * block;
      return quantizedRows(rows, scales, index, { bits, block, width });
    },
  };
}
