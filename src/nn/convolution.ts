/**
 * Causal dilated convolution over time, as shifts, one concatenation and one product with all taps.
 * Parameters are named and laid out as torch.nn.Conv1d's: weight [outputs, inputs, taps], bias [outputs].
 */
import type { Tensor } from "../graph/tensor.ts";
import { reshape } from "../ops/broadcast.ts";
import { gemm } from "../ops/matmul.ts";
import { concatenate, pad, slice, transpose } from "../ops/movement.ts";
import { matrix, type ParameterSpec, type Parameters, parameter, uniform, vector } from "./parameters.ts";

export interface ConvolutionConfig {
  readonly inputs: number;
  readonly outputs: number;
  /** Inputs that one output sees. */
  readonly taps: number;
  /** Steps between them. */
  readonly dilation: number;
}

/** Steps before a position that its output depends on. */
export const reach = ({ taps, dilation }: Pick<ConvolutionConfig, "taps" | "dilation">): number =>
  (taps - 1) * dilation;

export function convolutionParameters(
  name: string,
  { inputs, outputs, taps }: ConvolutionConfig,
): ParameterSpec[] {
  const draw = uniform(1 / Math.sqrt(inputs * taps));
  return [matrix(`${name}.weight`, [outputs, inputs, taps], draw), vector(`${name}.bias`, [outputs], draw)];
}

/**
 * Output t depends on inputs t, t - dilation, ... and on nothing later.
 * @param x [batch, length, inputs]
 * @param past the last `reach` inputs before x, [batch, reach, inputs]; zeros where absent
 * @returns output [batch, length, outputs], and the past of what follows
 */
export function causalConvolution(
  parameters: Parameters,
  name: string,
  config: ConvolutionConfig,
  x: Tensor,
  past?: Tensor,
): { readonly output: Tensor; readonly past: Tensor } {
  const { inputs, outputs, taps, dilation } = config;
  const [batch, length] = x.shape as [number, number, number];
  const before = reach(config);
  const whole = past ? concatenate([past, x], 1) : pad(x, 1, before, 0);
  const seen = Array.from({ length: taps }, (_, k) => slice(whole, 1, k * dilation, length));
  const rows = reshape(concatenate(seen, 2), [batch * length, taps * inputs]);
  const weight = transpose(parameter(parameters, `${name}.weight`), [0, 2, 1]);
  const flat = reshape(weight, [outputs, taps * inputs]);
  const output = gemm(rows, flat, parameter(parameters, `${name}.bias`), { transposeB: true });
  return { output: reshape(output, [batch, length, outputs]), past: slice(whole, 1, length, before) };
}
