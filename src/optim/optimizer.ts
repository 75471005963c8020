/** What an optimiser is: state in, state out, over the flat ranges of an arena. */
import type { Arena } from "../runtime/arena.ts";

export interface OptimizerStep {
  /** Number of this step, from 1: for bias corrections. */
  readonly step: number;
  /** Learning rate of this step. */
  readonly lr: number;
  /** What the gradients are multiplied by first: 1 / targets, and the clipping. */
  readonly gradScale: number;
}

export interface Optimizer {
  /** Arrays of state that each trainable parameter needs. */
  readonly moments: 0 | 1 | 2;
  /** Updates the arena's parameters and moments in place; reads its gradients. */
  step(arena: Arena, step: OptimizerStep): void;
}
