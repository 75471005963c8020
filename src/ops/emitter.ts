/** What an operation sees of the ONNX graph that is being written; src/onnx/lower.ts writes it. */
import type { DType, HostArray } from "../core/array.ts";
import type { Shape } from "../core/shape.ts";
import type { Aval } from "../graph/tensor.ts";

/** How ONNX numbers the types of elements: TensorProto.DataType. */
export const elementNumber: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
};
/** The number of 16-bit floats, which only values inside of a graph have. */
export const HALF_NUMBER = 10;

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

/** What the device that a graph is for computes itself. What it does not runs on the CPU, with copies there and back. */
export interface DeviceKernels {
  /** Operators, of those that lowerings use, without a kernel on the device: `Sum`, or of one dtype `Slice.int32`. */
  readonly missing: ReadonlySet<string>;
  /** Most inputs of a Concat and most outputs of a Split: on a GPU each is bound to a buffer, and there are few. */
  readonly mostParts: number;
  /** Whether products of matrices are computed in 16 bits, and given back in 32. Default false. */
  readonly halfProducts?: boolean | undefined;
}

/** What a lowering may do: add nodes and constants to the model. */
export interface Emitter {
  /** What the device has, for operations that are lowered in one way or another. */
  readonly kernels: DeviceKernels;
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
  /** A float32 value in 16 bits (IEEE binary16); each is converted once. */
  half(value: Value): string;
  /** A float32 scalar. */
  scalar(value: number): string;
  /** The size that a named axis of the model's inputs has when it runs: int64 [1]. */
  size(axis: string): string;
  /** A shape as int64 [rank]; names are sizes as {@link size} gives them. */
  shape(shape: Shape): string;
}
