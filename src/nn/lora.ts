/**
 * Low-rank adaptation, LoRA: Hu et al. 2021 (arXiv 2106.09685). A frozen matrix W is trained as W + s · B · A, with
 * A [rank, inputs] and B [outputs, rank] small; the product is taken on the side of the activations, so that W is
 * neither changed nor copied. Parameters are named and drawn as in PEFT.
 */
import type { Tensor } from "../graph/tensor.ts";
import { gemm } from "../ops/matmul.ts";
import { filled, matrix, type ParameterSpec, type Parameters, uniform } from "./parameters.ts";

export interface Adapter {
  /** [rank, inputs] */
  readonly a: Tensor;
  /** [outputs, rank] */
  readonly b: Tensor;
  /** What the product is multiplied by: alpha / rank. */
  readonly scale: number;
  /** Drops units of what the adapter reads, while training. */
  readonly dropout: (x: Tensor) => Tensor;
}

/** `name.lora_A.weight`, drawn as a linear layer's, and `name.lora_B.weight`, zeros: an adapter begins without effect. */
export const adapterParameters = (
  name: string,
  inputs: number,
  outputs: number,
  rank: number,
): readonly [ParameterSpec, ParameterSpec] => [
  matrix(`${name}.lora_A.weight`, [rank, inputs], uniform(1 / Math.sqrt(inputs))),
  matrix(`${name}.lora_B.weight`, [outputs, rank], filled(0)),
];

/** The key of the adapters among the parameters: a symbol, so that the parameters' names are still only of tensors. */
const adaptersKey = Symbol("adapters");

type Adapted = Parameters & { readonly [adaptersKey]?: ReadonlyMap<string, Adapter> };

/** The same parameters, in which the linear maps named by `adapters` are adapted. */
export const withAdapters = (parameters: Parameters, adapters: ReadonlyMap<string, Adapter>): Parameters =>
  ({ ...parameters, [adaptersKey]: adapters }) as Adapted;

/** The adapter of the linear map `name`, where it has one. */
export const adapterOf = (parameters: Parameters, name: string): Adapter | undefined =>
  (parameters as Adapted)[adaptersKey]?.get(name);

/** product + s · dropout(x) · Aᵀ · Bᵀ. product [rows, outputs], x [rows, inputs] → [rows, outputs]. */
export function addAdapter(product: Tensor, x: Tensor, { a, b, scale, dropout }: Adapter): Tensor {
  const low = gemm(dropout(x), a, undefined, { transposeB: true });
  return gemm(low, b, product, { transposeB: true, alpha: scale });
}
