/** Affine maps and embeddings, with parameters named and laid out as in PyTorch. */
import type { Dim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape } from "../ops/broadcast.ts";
import { gather } from "../ops/indexing.ts";
import { gemm } from "../ops/matmul.ts";
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

/** `name.weight` [outputs, inputs] and `name.bias` [outputs], drawn as torch.nn.Linear draws them. */
export function linearParameters(
  name: string,
  inputs: number,
  outputs: number,
  weight?: Initialiser,
): ParameterSpec[] {
  const draw = uniform(1 / Math.sqrt(inputs));
  return [
    matrix(`${name}.weight`, [outputs, inputs], weight ?? draw),
    vector(`${name}.bias`, [outputs], draw),
  ];
}

/** x · weightᵀ + bias over the last axis; the bias is left out where the model has none. [..., inputs] → [..., outputs]. */
export function linear(parameters: Parameters, name: string, x: Tensor): Tensor {
  const weight = parameter(parameters, `${name}.weight`);
  return affine(x, weight, parameters[`${name}.bias`], true);
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

/** `name.weight` [size, width], drawn from a normal distribution. */
export const embeddingParameters = (
  name: string,
  size: number,
  width: number,
  deviation = 1,
): ParameterSpec[] => [matrix(`${name}.weight`, [size, width], normal(deviation))];

/** Rows of the table by id. ids [...] → [..., width]. */
export const embedding = (parameters: Parameters, name: string, ids: Tensor): Tensor =>
  gather(parameter(parameters, `${name}.weight`), ids);
