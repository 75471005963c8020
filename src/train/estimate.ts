/**
 * What a training will take of this machine's memory, told before it begins, and refused where it cannot fit.
 *
 * Accuracy: the peak of the resident set on Linux was 0.79 to 1.29 of the estimate over char-rnn, -gru, -lstm,
 * -bilstm, -cnn, -transformer and word-lstm of 64 to 1,024 units, with batches of 12 to 256 windows of 24 to 128
 * tokens; unrolled recurrent layers take more, the others less. To measure again, beside the figure it prints:
 * `/usr/bin/time -f %M punchline train --steps 3 --out DIR ...`.
 */
import { UsageError } from "../core/errors.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { TrainOptions } from "./options.ts";
import type { TrainingStep } from "./step.ts";

/** What the runtime's memory pool takes for a byte that is alive: it orders nodes in its own way, and leaves gaps. */
const POOL_FACTOR = 1.5;
/** Sessions, the graphs of validation and samples, and the growth of the JavaScript heap. */
const BESIDES = 60e6;

/** How many numbers a model has, and how many of them are trained. */
export interface ParameterCounts {
  readonly total: number;
  readonly trainable: number;
  /** Whether adapters could be trained instead. */
  readonly adaptable?: boolean;
}

/**
 * Estimated bytes of the process at the peak of the training: what it holds now; parameters; gradients and
 * moments of those that are trained; the values of one step by their lives; and what comes besides.
 * @param machine bytes that the process holds now, and that the machine can give it besides
 * @throws UsageError where not even a pool without gaps would fit, with what would
 */
export function estimateMemory(
  { total, trainable, adaptable = false }: ParameterCounts,
  optimizer: Pick<Optimizer, "moments">,
  step: Pick<TrainingStep, "memory">,
  { batchSize, seqLen, accumulate, packing }: TrainOptions,
  machine = { held: process.memoryUsage.rss(), available: process.availableMemory() },
): number {
  const { held, available } = machine;
  const copies = 1 + optimizer.moments + (accumulate > 1 ? 1 : 0);
  const fixed = 4 * (total + copies * trainable) + BESIDES;
  const alive = step.memory(batchSize, seqLen, packing === "blocks");
  if (fixed + alive > available) {
    const fitting = Math.floor((batchSize * (available - fixed)) / (POOL_FACTOR * alive));
    // Adapters are small, and with them a batch takes no more than without.
    const others = adaptable && 4 * total + BESIDES + alive <= available ? ["--lora"] : [];
    if (fitting >= 1) others.unshift(`a --batch-size of ${fitting}`);
    const advice =
      others.length > 0
        ? `${others.join(" or ")} would fit, or a shorter --seq-len, or a smaller model`
        : "take a shorter --seq-len or a smaller model, such as a lower --width";
    throw new UsageError(
      `This training needs at least ${gigabytes(fixed + alive)} of memory and ${gigabytes(available)} are free: ${advice}.`,
      { needed: fixed + alive, available },
    );
  }
  return held + fixed + POOL_FACTOR * alive;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
