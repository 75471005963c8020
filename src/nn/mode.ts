/** Training or evaluation, and where dropout's randomness comes from. */
import { checkOptions, optionNames } from "../core/options.ts";
import { dropoutMask } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { multiply } from "../ops/elementwise.ts";
import { keep } from "../ops/recompute.ts";

export interface Mode {
  readonly training: boolean;
  /**
   * While training, zeroes elements with probability `rate` and scales the rest by 1 / (1 - rate) (Srivastava et al. 2014).
   * @param steps of a time-major `x`, [steps · batch, ...]; by default the rows of the batch come first. A batch that is
   * divided over several processes then has the zeros of the whole one.
   */
  dropout(x: Tensor, rate: number, steps?: number): Tensor;
  /**
   * Marks a value that passes from block to block. With `recompute`, the backward pass keeps only these values and
   * computes those between them again (activation checkpointing).
   */
  checkpoint(x: Tensor): Tensor;
}

const unchanged = (x: Tensor): Tensor => x;

export const evaluation: Mode = { training: false, dropout: unchanged, checkpoint: unchanged };

interface TrainingMode {
  /** Whether the backward pass computes the inside of blocks again. Default false. */
  readonly recompute?: boolean | undefined;
}

const trainingNames = optionNames<keyof TrainingMode>()("recompute");

/**
 * A fresh training mode for one trace: each dropout gets its own random stream, in the order of the calls.
 */
export function training(options: TrainingMode = {}): Mode {
  const { recompute = false } = checkOptions(options, trainingNames);
  let streams = 0;
  return {
    training: true,
    dropout: (x, rate, steps) => (rate === 0 ? x : multiply(x, dropoutMask(x.shape, rate, streams++, steps))),
    checkpoint: recompute ? keep : unchanged,
  };
}
