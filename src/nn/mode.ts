/** Training or evaluation, and where dropout's randomness comes from. */
import { dropoutMask } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { multiply } from "../ops/elementwise.ts";
import { keep } from "../ops/recompute.ts";

export interface Mode {
  readonly training: boolean;
  /** Zeroes elements with probability `rate` and scales the rest by 1 / (1 - rate) while training (Srivastava et al. 2014). */
  dropout(x: Tensor, rate: number): Tensor;
  /**
   * What passes from block to block: where memory is short, the backward pass keeps these values alone and
   * computes those between them anew.
   */
  keep(x: Tensor): Tensor;
}

const asItIs = (x: Tensor): Tensor => x;

export const evaluation: Mode = { training: false, dropout: asItIs, keep: asItIs };

/**
 * A fresh training mode for one trace: each dropout gets a random stream of its own, in the order of the calls.
 * @param recompute whether the backward pass computes the inside of blocks anew. Default false.
 */
export function training({ recompute = false }: { readonly recompute?: boolean } = {}): Mode {
  let streams = 0;
  return {
    training: true,
    dropout: (x, rate) => (rate === 0 ? x : multiply(x, dropoutMask(x.shape, rate, streams++))),
    keep: recompute ? keep : asItIs,
  };
}
