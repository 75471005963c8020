/**
 * Weights in 4 or 8 bits in place of floats: a matrix `name` is given as `name.packed` and `name.scales`, and, where
 * it is read by row too, the same bytes as `name.rows`; or as `name.weights` in whole numbers with
 * `name.scales`, which is faster for many rows of x.
 */
import type { Tensor } from "../graph/tensor.ts";
import { reshape } from "../ops/broadcast.ts";
import { integerProduct, integerRows, roundedRows } from "../ops/integer-product.ts";
import { type Bits, quantizedProduct, quantizedRows } from "../ops/quantized.ts";
import { flattenRows } from "./flatten-rows.ts";
import type { Parameters } from "./parameters.ts";

/**
 * Numbers that share a scale, in rows of `width`: as many as fit, since fewer scales are faster; of 4 bits at most 128.
 * @param whole whether rows have to be whole blocks, as those of tables; else the last one of 4 bits may be filled up
 */
export const quantizedBlock = (bits: Bits, width: number, whole = true): number => {
  const most = whole || bits === 8 ? 0 : MOST_FILLING * width;
  return blocks[bits].find((block) => Math.ceil(width / block) * block - width <= most) ?? SHORT_BLOCK;
};
/** Of the width; more would cost as much time as the longer blocks save. */
const MOST_FILLING = 1 / 8;

/** Rows of tables are whole blocks of this at least. */
export const SHORT_BLOCK = 32;
/** What ONNX Runtime has kernels for, the fastest first. */
const blocks = { 8: [256, 128, 64], 4: [128, 64] } as const;

/** Whether matrices are in blocks: their products take x of any rank, so that a stream of texts needs no other shape. */
export const isPacked = (parameters: Parameters): boolean =>
  Object.keys(parameters).some((name) => name.endsWith(".packed"));

export interface QuantizedMatrix {
  /** x · Wᵀ + bias. [..., width] → [..., outputs]. */
  multiply(x: Tensor, bias?: Tensor): Tensor;
  /** Rows of W by number. [...index] → [...index, width]. */
  rows(index: Tensor): Tensor;
}

/**
 * How a matrix is packed whose rows of `width` are [blocks, bytes of a block]: no two ways that {@link quantizedBlock}
 * takes for one width have the same shape.
 */
export function packingOf(
  [, count, bytes]: readonly number[],
  width: number,
): { readonly bits: Bits; readonly block: number } {
  // A row of 8 bits has a byte for every number; the shortest blocks of 4 bits are shorter than any of 8.
  const bits = bytes! >= SHORT_BLOCK && count! * bytes! >= width ? 8 : 4;
  return { bits, block: (bytes! * 8) / bits };
}

/** The quantised form of a matrix with rows of `width`, or undefined where it is in floats. */
export function quantizedMatrix(
  parameters: Parameters,
  name: string,
  width: number,
): QuantizedMatrix | undefined {
  const [packed, scales, rows, weights] = ["packed", "scales", "rows", "weights"].map(
    (part) => parameters[`${name}.${part}`],
  );
  if (weights && scales)
    return {
      multiply(x, bias) {
        const product = integerProduct(roundedRows(flattenRows(x)), { weights, scales }, bias);
        return reshape(product, [...x.shape.slice(0, -1), product.shape[1]!]);
      },
      rows: (index) => integerRows({ weights, scales }, index),
    };
  if (!packed || !scales) return undefined;
  const { bits, block } = packingOf(packed.shape as readonly number[], width);
  return {
    multiply: (x, bias) =>
      quantizedProduct(x, packed, scales, bias, { bits, block, width, activations: "int8" }),
    rows(index) {
      if (!rows) throw new Error(`the quantised matrix "${name}" was not given by row`);
      return quantizedRows(rows, scales, index, { bits, block, width });
    },
  };
}
