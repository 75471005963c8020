/** What an optimiser is: state in, state out, over the flat ranges of an arena; and the clipping of gradients before it. */
import { UsageError } from "../core/errors.ts";
import { invalidOption } from "../core/options.ts";
import type { Arena } from "../runtime/arena.ts";
import type { GraphOptimizer } from "./in-graph.ts";

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
  /** The same update as a graph, for weights in the memory of a device. Absent: there is none. */
  readonly graph?: GraphOptimizer | undefined;
  /** Bytes that a step needs besides the arena. Absent: none. */
  memory?(): number;
  /** Frees what {@link step} has loaded. */
  release?(): Promise<void>;
}

/** An optimiser of kernels alone. */
export interface KernelOptimizer extends Optimizer {
  readonly graph: GraphOptimizer;
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

export interface Clipped {
  /** The L2 norm of all gradients together, times `scale`, before clipping. */
  readonly norm: number;
  /** The factor for the optimiser to multiply gradients by: `scale`, or less where the norm is too large. */
  readonly gradScale: number;
  /** False where a gradient is NaN or infinite: no step may be taken. */
  readonly finite: boolean;
}

/**
 * Clipping by the global norm: Pascanu, Mikolov & Bengio (arXiv 1211.5063), as torch.nn.utils.clip_grad_norm_ does it.
 * Measures the gradients; changes nothing.
 * @param maxNorm the largest norm that passes whole; Infinity for any
 * @param scale what gradients are multiplied by before they are measured, such as 1 / targets
 * @throws UsageError for a maximum that is not above 0
 */
export function clipGlobalNorm(arena: Arena, maxNorm: number, scale = 1): Clipped {
  if (!Array.isArray(arena?.ranges))
    throw invalidOption("arena", arena, "an arena, such as `Arena.create` returns");
  if (!(maxNorm > 0)) throw invalidOption("maxNorm", maxNorm, "above 0");
  let squares = 0;
  for (const { kernels, gradients, length } of arena.ranges)
    squares += kernels.sumOfSquares(gradients, length);
  const norm = Math.sqrt(squares) * scale;
  const clip = Math.min(1, maxNorm / (norm + 1e-6));
  return { norm, gradScale: scale * clip, finite: Number.isFinite(norm) };
}
