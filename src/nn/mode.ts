/** Training or evaluation, and where dropout's randomness comes from. */
import { dropoutMask } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { multiply } from "../ops/elementwise.ts";

export interface Mode {
  readonly training: boolean;
  /** Zeroes elements with probability `rate` and scales the rest by 1 / (1 - rate) while training (Srivastava et al. 2014). */
  dropout(x: Tensor, rate: number): Tensor;
}

export const evaluation: Mode = { training: false, dropout: (x) => x };

/** A fresh training mode for one trace: each dropout gets a random stream of its own, in the order of the calls. */
export function training(): Mode {
  let streams = 0;
  return {
    training: true,
    dropout: (x, rate) => (rate === 0 ? x : multiply(x, dropoutMask(x.shape, rate, streams++))),
  };
}
