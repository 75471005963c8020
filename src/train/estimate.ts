/**
 * Estimates how much memory a training needs before it begins, and refuses one that cannot fit.
 *
 * Accuracy: the peak of the resident set on Linux was 0.6 to 1.4 of the estimate over char-lstm, -cnn, -transformer,
 * word-lstm and gpt2 of up to 124 million parameters; unrolled recurrent layers and recomputed blocks take more, the
 * others less. To measure again, and compare with the figure that it prints:
 * `/usr/bin/time -f %M punchline train --steps 3 --out DIR ...`.
 */
import { UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
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
}

/** Another way to train the same model in less memory. */
export interface Alternative {
  /** The option that chooses it, as sentences name it. */
  readonly choice: string;
  readonly trainable: number;
  /** Bytes that a batch takes, parameters and gradients not counted. */
  memory(): number;
}

/**
 * Estimated bytes of the process at the peak of the training: what it holds now; parameters; gradients and
 * moments of those that are trained; the values of one step by their lifetimes; and a fixed rest.
 * @param alternatives what to suggest where they fit and this does not
 * @param machine bytes that the process holds now, and that the machine can give it besides
 * @throws UsageError where not even a pool without gaps would fit, with what would
 */
export function estimateMemory(
  { total, trainable }: ParameterCounts,
  optimizer: Pick<Optimizer, "moments" | "memory">,
  step: Pick<TrainingStep, "memory">,
  { batchSize, seqLen, accumulate, packing, maskShare }: TrainOptions,
  alternatives: readonly Alternative[] = [],
  machine = { held: process.memoryUsage.rss(), available: process.availableMemory() },
): number {
  const { held, available } = machine;
  const copies = 1 + optimizer.moments + (accumulate > 1 ? 1 : 0);
  const fixedFor = (trained: number) =>
    4 * (total + copies * trained) + (optimizer.memory?.() ?? 0) + BESIDES;
  const fixed = fixedFor(trainable);
  const alive = step.memory(batchSize, seqLen, packing === "blocks", maskShare);
  if (fixed + alive > available) {
    const fitting = Math.floor((batchSize * (available - fixed)) / (POOL_FACTOR * alive));
    const others = alternatives
      .filter((other) => fixedFor(other.trainable) + POOL_FACTOR * other.memory() <= available)
      .map(({ choice }) => choice);
    if (fitting >= 1) others.unshift(`a ${option("batchSize")} of ${fitting}`);
    const advice =
      others.length > 0
        ? `${others.join(" or ")} would fit, or a shorter ${option("seqLen")}, or a smaller model`
        : `take a shorter ${option("seqLen")} or a smaller model, such as a lower ${option("width")}`;
    throw new UsageError(
      `This training needs at least ${gigabytes(fixed + alive)} of memory and ${gigabytes(available)} are free: ${advice}.`,
      { needed: fixed + alive, available },
    );
  }
  return held + fixed + POOL_FACTOR * alive;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
