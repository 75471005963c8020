/** Affine maps and embeddings, with parameters named and laid out as in PyTorch. */
import type { Dim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape } from "../ops/broadcast.ts";
import { gather } from "../ops/indexing.ts";
import { gemm } from "../ops/matmul.ts";
import { adapterOf, addAdapter } from "./lora.ts";
import {
  type Initialiser,
  matrix,
  normal,
  type ParameterSpec,
  type Parameters,
  parameter,
  uniform,
  vector,
} from "./parameters.ts";
import { quantizedMatrix } from "./quantized.ts";

/** `name.weight` [outputs, inputs] and `name.bias` [outputs], drawn as torch.nn.Linear draws them. */
export function linearParameters(
  name: string,
  inputs: number,
  outputs: number,
  weight?: Initialiser,
): ParameterSpec[] {
  const draw = uniform(1 / Math.sqrt(inputs));
  return [
    matrix(`${name}.weight`, [outputs, inputs], weight ?? draw, 0),
    vector(`${name}.bias`, [outputs], draw),
  ];
}

/** The same of a head: its outputs are the vocabulary. */
export const headParameters = (name: string, inputs: number, outputs: number): ParameterSpec[] =>
  linearParameters(name, inputs, outputs).map((spec) => ({ ...spec, head: true }));

/** x · weightᵀ + bias over the last axis; the bias is left out where the model has none. [..., inputs] → [..., outputs]. */
export const linear = (parameters: Parameters, name: string, x: Tensor): Tensor =>
  project(parameters, name, x, { bias: parameters[`${name}.bias`] });

export interface ProjectOptions {
  readonly bias?: Tensor | undefined;
  /** The weight is [inputs, outputs]. Default: [outputs, inputs]. */
  readonly inputsFirst?: boolean;
}

/**
 * x · W + b over the last axis, with `name.weight` as it is given: in floats, or quantised. What the map's adapter
 * has learned, where it has one, is added.
 */
export function project(
  parameters: Parameters,
  name: string,
  x: Tensor,
  { bias, inputsFirst = false }: ProjectOptions = {},
): Tensor {
  const rows = flattenRows(x);
  const product =
    quantizedMatrix(parameters, `${name}.weight`)?.multiply(rows, bias) ??
    gemm(rows, parameter(parameters, `${name}.weight`), bias, { transposeB: !inputsFirst });
  const adapter = adapterOf(parameters, name);
  const projected = adapter ? addAdapter(product, rows, adapter) : product;
  return reshape(projected, [...x.shape.slice(0, -1), projected.shape[1]!]);
}

/** x · W + b over the last axis, as one Gemm. W is [in, out], or [out, in] where `transposed`. */
export function affine(x: Tensor, weight: Tensor, bias: Tensor | undefined, transposed: boolean): Tensor {
  const lead = x.shape.slice(0, -1);
  const rows = gemm(flattenRows(x), weight, bias, { transposeB: transposed });
  return reshape(rows, [...lead, rows.shape[1]!]);
}

/** [..., n] → [rows, n]. */
export function flattenRows(x: Tensor): Tensor {
  return reshape(x, [mergeDims(x.shape.slice(0, -1)), x.shape[x.shape.length - 1]!]);
}

/** The size of several axes laid into one; a product of names where they are dynamic. */
export function mergeDims(dims: readonly Dim[]): Dim {
  const size = dims.reduce<number>((n, d) => (typeof d === "number" ? n * d : n), 1);
  const names = dims.filter((d) => typeof d === "string").sort();
  if (names.length === 0) return size;
  return size === 1 ? names.join("*") : `${size}*${names.join("*")}`;
}

/** `name.weight` [size, width], drawn from a normal distribution; `tied` where it is the head's matrix too. */
export const embeddingParameters = (
  name: string,
  size: number,
  width: number,
  deviation = 1,
  tied = false,
): ParameterSpec[] => [
  { ...matrix(`${name}.weight`, [size, width], normal(deviation), tied ? 0 : undefined), table: true },
];

/** Rows of the table by id. ids [...] → [..., width]. */
export const embedding = (parameters: Parameters, name: string, ids: Tensor): Tensor =>
  quantizedMatrix(parameters, `${name}.weight`)?.rows(ids) ??
  gather(parameter(parameters, `${name}.weight`), ids);
