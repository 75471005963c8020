/** Layer normalisation with parameters named as in PyTorch and Hugging Face. */
import type { Tensor } from "../graph/tensor.ts";
import { layerNorm } from "../ops/normalisation.ts";
import { filled, type ParameterSpec, type Parameters, parameter, vector } from "./parameters.ts";

/** `name.weight` [width], ones, and `name.bias` [width], zeros. */
export const normParameters = (name: string, width: number): ParameterSpec[] => [
  vector(`${name}.weight`, [width], filled(1)),
  vector(`${name}.bias`, [width], filled(0)),
];

/** Zero mean and unit deviation over the last axis, then gain and offset. [..., width] → [..., width]. */
export const norm = (parameters: Parameters, name: string, x: Tensor, epsilon = 1e-5): Tensor =>
  layerNorm(x, parameter(parameters, `${name}.weight`), parameter(parameters, `${name}.bias`), epsilon);
