/**
 * The contract of an operation: shape rule, gradient, ONNX lowering, float64 reference and samples in
 * one definition. The conformance suite holds every registered definition to itself: the inferred
 * shape to the real one, the lowered result to the reference, the gradient to finite differences.
 */
import type { DType, HostArray } from "../core/array.ts";
import type { Shape } from "../core/shape.ts";
import { type Attributes, type Aval, makeNode, type Tensor } from "../graph/tensor.ts";

/** An array of the float64 reference; every dtype is held as numbers, booleans as 0 and 1. */
export interface ReferenceArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** A value inside the ONNX graph that is being written. */
export interface Operand extends Aval {
  readonly name: string;
}

export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

export interface NodeOptions {
  /** Whole numbers become INT attributes, `{ float }` FLOAT, arrays INTS, text STRING. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute | undefined>>;
  /** `com.microsoft` for ONNX Runtime's own operators. Default: the standard ones. */
  readonly domain?: "com.microsoft";
}

/** What a lowering may do: add nodes and constants to the model, by name. */
export interface Emitter {
  /** Adds a node with one output and returns its name. An empty input name leaves an optional input out. */
  node(opType: string, inputs: readonly string[], options?: NodeOptions): string;
  /** Adds a node with several outputs and returns their names. */
  nodes(opType: string, inputs: readonly string[], outputs: number, options?: NodeOptions): string[];
  /** A constant of the model; equal constants are stored once. */
  constant(value: HostArray): string;
  /** A one-dimensional int64 constant, as shapes and axes are given. */
  ints(values: readonly number[]): string;
  /** A float32 scalar. */
  scalar(value: number): string;
  /** The size that a named axis of the model's inputs has when it runs: int64 [1]. */
  size(axis: string): string;
}

export interface VjpArguments<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** The cotangent of each output; undefined where no later value depends on it. */
  readonly cotangents: readonly (Tensor | undefined)[];
  readonly attributes: A;
  /** Which inputs need a gradient; the rest may be left undefined. */
  readonly needs: readonly boolean[];
}

export interface NoVjp {
  readonly none: string;
}

/** Declares that an operation has no gradient, and why. */
export const none = (reason: string): NoVjp => ({ none: reason });

/** One input of a sample: its shape, and how its numbers are drawn. */
export interface SampleInput {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The numbers themselves, or a function of a uniform number in [0, 1). */
  readonly values: readonly number[] | ((uniform: number) => number);
}

export interface Sample<A> {
  readonly title: string;
  readonly inputs: readonly SampleInput[];
  readonly attributes: A;
  /** Why ONNX Runtime's WebGPU kernels do not compute it yet; absent where they do. */
  readonly notOnWebgpu?: string;
}

export interface OpDefinition<A extends Attributes = Attributes> {
  readonly name: string;
  /** Shapes and dtypes of the outputs. Throws `ShapeError` where the operands do not fit. */
  infer(inputs: readonly Aval[], attributes: A): readonly Aval[];
  /** How many outputs are results; the rest are kept for the backward pass and have no gradient. Default: all. */
  readonly results?: number;
  /** Gradients with respect to the inputs, in symbolic operations. */
  readonly vjp: ((args: VjpArguments<A>) => readonly (Tensor | undefined)[]) | NoVjp;
  /** Adds ONNX nodes and returns the names of the outputs. */
  lower(
    emit: Emitter,
    inputs: readonly Operand[],
    attributes: A,
    outputs: readonly Aval[],
  ): string | readonly string[];
  /** The same in plain loops over float64. */
  reference(
    inputs: readonly ReferenceArray[],
    attributes: A,
    outputs: readonly Aval[],
  ): readonly ReferenceArray[];
  readonly samples: readonly Sample<A>[];
}

export interface Op<A extends Attributes> extends OpDefinition<A> {
  /** Applies the operation to tensors and returns all its outputs. */
  apply(inputs: readonly Tensor[], attributes: A): readonly Tensor[];
}

export function defineOp<A extends Attributes = Record<never, never>>(definition: OpDefinition<A>): Op<A> {
  return {
    ...definition,
    apply(inputs, attributes) {
      return makeNode(definition.name, inputs, attributes, definition.infer(inputs, attributes)).outputs;
    },
  };
}

/** Normal-looking numbers in (-2, 2). */
export const real = (...shape: number[]): SampleInput => ({
  shape,
  dtype: "float32",
  values: (u) => 4 * u - 2,
});
/** Numbers in [0.5, 2). */
export const positive = (...shape: number[]): SampleInput => ({
  shape,
  dtype: "float32",
  values: (u) => 0.5 + 1.5 * u,
});
/** Whole numbers in [0, below). */
export const indices = (below: number, ...shape: number[]): SampleInput => ({
  shape,
  dtype: "int32",
  values: (u) => Math.floor(u * below),
});
export const booleans = (...shape: number[]): SampleInput => ({
  shape,
  dtype: "bool",
  values: (u) => (u < 0.5 ? 0 : 1),
});

/** An all-zero reference array. The shape must be static, as every shape is by the time a reference runs. */
export function zeros(shape: Shape): ReferenceArray {
  let n = 1;
  for (const d of shape) n *= d as number;
  return { shape: shape as readonly number[], data: new Float64Array(n) };
}
