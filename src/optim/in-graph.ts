/**
 * Optimisers as graphs, for weights that stay in the memory of a device. The numbers are those of the kernels, in the
 * order of operations of a graph.
 */
import { float32, type HostArray } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import { sum } from "../ops/broadcast.ts";
import { add, addN, divide, multiply, sqrt } from "../ops/elementwise.ts";
import { less, where } from "../ops/select.ts";

/** By the names of parameters. */
export type Named = Readonly<Record<string, Tensor>>;

/** What a step changes. A parameter has the moments that its optimiser needs, and no others. */
export interface GraphState {
  readonly parameters: Named;
  readonly moment1: Named;
  readonly moment2: Named;
}

/** Numbers of one step, each a scalar of the graph. */
export type Scalars = Readonly<Record<string, Tensor>>;

/** An optimiser over symbolic tensors. */
export interface GraphOptimizer {
  /** The numbers of a step that {@link update} reads; the same names at every step. */
  scalars(place: { readonly step: number; readonly lr: number }): Readonly<Record<string, number>>;
  /**
   * The state after a step.
   * @param gradients scaled and clipped
   * @param decays which parameters weight decay applies to, by name
   */
  update(state: GraphState, gradients: Named, scalars: Scalars, decays: ReadonlySet<string>): GraphState;
}

/** What one parameter is updated from. */
export interface Slot {
  readonly p: Tensor;
  readonly g: Tensor;
  readonly m?: Tensor | undefined;
  readonly v?: Tensor | undefined;
  readonly decay: boolean;
}

/** The update of every parameter by itself; what the rule leaves out has no moment. */
export function updateEach(
  { parameters, moment1, moment2 }: GraphState,
  gradients: Named,
  decays: ReadonlySet<string>,
  rule: (slot: Slot) => { readonly p: Tensor; readonly m?: Tensor; readonly v?: Tensor },
): GraphState {
  const after = { parameters: {}, moment1: {}, moment2: {} } as Record<
    keyof GraphState,
    Record<string, Tensor>
  >;
  for (const [name, p] of Object.entries(parameters)) {
    const [m, v] = [moment1[name], moment2[name]];
    const next = rule({ p, g: gradients[name]!, m, v, decay: decays.has(name) });
    after.parameters[name] = next.p;
    if (next.m) after.moment1[name] = next.m;
    if (next.v) after.moment2[name] = next.v;
  }
  return after;
}

/** A number that stands for no limit in float32: no norm is larger. */
const NO_LIMIT = 3e38;

/** The scalars of {@link clipped}. @param maxNorm Infinity for any */
export const clipScalars = (targets: number, maxNorm: number): { scale: number; maxNorm: number } => ({
  scale: 1 / targets,
  maxNorm: Math.min(maxNorm, NO_LIMIT),
});

/** Clipping by the global norm, as `clipGlobalNorm` does it. @returns scaled gradients, and their norm before clipping */
export function clipped(
  gradients: Named,
  { scale, maxNorm }: Readonly<Record<"scale" | "maxNorm", Tensor>>,
): { readonly gradients: Named; readonly norm: Tensor } {
  const squares = Object.values(gradients).map((g) => sum(multiply(g, g)));
  const norm = multiply(sqrt(addN(squares)), scale);
  const reached = add(norm, 1e-6);
  const gradScale = multiply(scale, where(less(maxNorm, reached), divide(maxNorm, reached), 1));
  return {
    norm,
    gradients: Object.fromEntries(
      Object.entries(gradients).map(([name, g]) => [name, multiply(g, gradScale)]),
    ),
  };
}

/** Numbers as scalar arrays. */
export const scalarArrays = (
  numbers: Readonly<Record<string, number>>,
): Readonly<Record<string, HostArray<"float32">>> =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, float32([], [value])]));
