/** What an operation sees of the ONNX graph that is being written; src/onnx/lower.ts writes it. */
import type { HostArray } from "../core/array.ts";
import type { Shape } from "../core/shape.ts";
import type { Aval } from "../graph/tensor.ts";

/** A value inside the ONNX graph that is being written, with its shape and dtype. */
export interface Operand extends Aval {
  readonly name: string;
}

/** A value inside the ONNX graph: an operand, or the name of what a node gave. */
export type Value = string | Operand;

export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

export interface NodeOptions {
  /** Whole numbers become INT attributes, `{ float }` FLOAT, arrays INTS, text STRING. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute | undefined>>;
  /** `com.microsoft` for ONNX Runtime's own operators. Default: the standard ones. */
  readonly domain?: "com.microsoft";
}

/** What a lowering may do: add nodes and constants to the model. */
export interface Emitter {
  /** Adds a node with one output and returns its name. An empty or absent input leaves an optional one out. */
  node(opType: string, inputs: readonly (Value | undefined)[], options?: NodeOptions): string;
  /** Adds a node with several outputs, and returns their names under those given here, or as many as asked for. */
  nodes<const N extends readonly string[] | number>(
    opType: string,
    inputs: readonly (Value | undefined)[],
    outputs: N,
    options?: NodeOptions,
  ): N extends readonly string[] ? Readonly<Record<N[number], string>> : readonly string[];
  /** A constant of the model; equal constants are stored once. */
  constant(value: HostArray): string;
  /** A one-dimensional int64 constant, as shapes and axes are given. */
  ints(values: readonly number[]): string;
  /** A float32 scalar. */
  scalar(value: number): string;
  /** The size that a named axis of the model's inputs has when it runs: int64 [1]. */
  size(axis: string): string;
  /** A shape as int64 [rank]; names are sizes as {@link size} gives them. */
  shape(shape: Shape): string;
}
