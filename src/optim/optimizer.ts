/** What an optimiser is: state in, state out, over the flat ranges of an arena. */
import { UsageError } from "../core/errors.ts";
import type { Arena } from "../runtime/arena.ts";

/** The part of an arena that kernels alone update. */
export type Ranges = Pick<Arena, "moments" | "ranges">;

export interface OptimizerStep {
  /** Number of this step, from 1: for bias corrections. */
  readonly step: number;
  /** Learning rate of this step. */
  readonly lr: number;
  /** Factor that the gradients are multiplied by first: 1 / targets, and the clipping. */
  readonly gradScale: number;
}

export interface Optimizer {
  /** Arrays of state that each trainable parameter needs. */
  readonly moments: 0 | 1 | 2;
  /**
   * Updates the arena's parameters and moments in place; reads its gradients.
   * The gradients may be overwritten. Await the result: an optimiser with a graph is done only then.
   * @throws UsageError for an arena with fewer moments
   */
  step(arena: Arena, step: OptimizerStep): void | Promise<void>;
  /** Bytes that a step needs besides the arena. Absent: none. */
  memory?(): number;
  /** Frees what {@link step} has loaded. */
  release?(): Promise<void>;
}

/** An optimiser of kernels alone. */
export interface KernelOptimizer extends Optimizer {
  step(arena: Ranges, step: OptimizerStep): void;
}

export function requireMoments(
  { moments }: Pick<Arena, "moments">,
  optimizer: string,
  needed: Optimizer["moments"],
): void {
  if (moments < needed) {
    throw new UsageError(
      `${optimizer} needs an arena with ${needed} moment${needed === 1 ? "" : "s"} a parameter, and this one has ${moments}: create it with \`moments: ${needed}\`.`,
    );
  }
}
