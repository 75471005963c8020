/** Where graphs begin: inputs, constants, and random masks. */
import { type DType, float32, type HostArray } from "../core/array.ts";
import { checkText, invalidOption } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import { type Attributes, type Aval, makeNode, type Tensor } from "./tensor.ts";

/** Nodes without operands, which every backend and interpreter provides itself. */
export const leafOps = ["input", "constant", "dropout_mask"] as const;
export type LeafOp = (typeof leafOps)[number];

export const isLeaf = (op: string): op is LeafOp => (leafOps as readonly string[]).includes(op);

/** A value given at every run, under `name`. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  checkText(name, "name");
  if (!Array.isArray(shape)) throw invalidOption("shape", shape, "a list of sizes, such as [2, 3]");
  return leaf("input", { name }, { dtype, shape });
}

/** A value that never changes. Weights that a training changes belong in inputs. */
export function constant(value: HostArray | number): Tensor {
  const array = typeof value === "number" ? float32([], [value]) : value;
  if (!Array.isArray(array?.shape))
    throw invalidOption("value", value, "a number or an array, such as float32([2], [1, 2])");
  return leaf("constant", { value: array }, array);
}

/** Whether the runtime computes what depends on this and on other constants once, when it loads the graph. */
export const isConstant = ({ node }: Tensor): boolean => node.op === "constant";

/**
 * A mask of 0 (with probability `rate`) and 1 / (1 - rate), drawn again at every run from the
 * counter-based generator: its numbers depend on the run's seed, its step and `stream` alone.
 * @param steps how often the rows of a batch come one after the other: 1, or the steps of a time-major tensor
 */
export function dropoutMask(shape: Shape, rate: number, stream: number, steps = 1): Tensor {
  const attributes = steps === 1 ? { rate, stream } : { rate, stream, steps };
  return leaf("dropout_mask", attributes, { dtype: "float32", shape });
}

function leaf(op: LeafOp, attributes: Attributes, aval: Aval): Tensor {
  return makeNode({ op, inputs: [], attributes }, [aval]).outputs[0]!;
}

/** A tensor for a tensor or a plain number. */
export const lift = (value: Tensor | number): Tensor => (typeof value === "number" ? constant(value) : value);
