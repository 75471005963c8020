/**
 * Causal dilated convolution over time, as matrix products.
 * Parameters are named and laid out as torch.nn.Conv1d's: weight [outputs, inputs, taps], bias [outputs].
 */
import { checkOptions, optionNames } from "../core/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape } from "../ops/broadcast.ts";
import { add, multiply, subtract } from "../ops/elementwise.ts";
import { gemm } from "../ops/matmul.ts";
import { concatenate, pad, slice, split, transpose } from "../ops/movement.ts";
import { type Layer, layer } from "./layer.ts";
import { matrix, type Parameters, parameter, uniform, vector } from "./parameters.ts";

export interface ConvolutionConfig {
  readonly inputs: number;
  readonly outputs: number;
  /** Inputs that one output sees. */
  readonly taps: number;
  /** Steps between them. */
  readonly dilation: number;
}

const convolutionNames = optionNames<keyof ConvolutionConfig>()("inputs outputs taps dilation");

/** Output t depends on inputs t, t - dilation, ... and on nothing later; zeros precede the first input. [batch, length, inputs] → [batch, length, outputs]. */
export interface CausalConvolution extends Layer {
  /** Inputs before a position that its output depends on. */
  readonly reach: number;
  /**
   * The same for inputs that follow others.
   * @param x [batch, length, inputs]: few, such as one character that is being written
   * @param past the last `reach` inputs before x, [batch, reach, inputs]
   * @returns output [batch, length, outputs], and the past of what follows
   */
  step(parameters: Parameters, x: Tensor, past: Tensor): { readonly output: Tensor; readonly past: Tensor };
}

export function causalConvolution(name: string, config: ConvolutionConfig): CausalConvolution {
  const { inputs, outputs, taps, dilation } = checkOptions(config, convolutionNames);
  const reach = (taps - 1) * dilation;
  const draw = uniform(1 / Math.sqrt(inputs * taps));
  const [weightName, biasName] = [`${name}.weight`, `${name}.bias`];
  const parameters = [matrix(weightName, [outputs, inputs, taps], draw), vector(biasName, [outputs], draw)];
  const whole = layer(parameters, (p, x: Tensor) => {
    const [batch, length] = x.shape as [number, number, number];
    const bias = parameter(p, biasName);
    // One transposition for all taps: Conv1d lays a tap's weights apart, and a product wants them together.
    const apart = transpose(reshape(parameter(p, weightName), [outputs * inputs, taps]));
    const weights = split(apart, 0, taps).map((weight) => reshape(weight, [outputs, inputs]));
    const pairs = length / (2 * dilation);
    if (taps === 3 && pairs > 1 && Number.isInteger(pairs))
      return inPairs(x, weights as [Tensor, Tensor, Tensor], bias, pairs);
    const blocks = length / dilation;
    if (blocks <= taps && Number.isInteger(blocks)) return inBlocks(x, weights, bias, blocks);
    let output = bias;
    weights.forEach((weight, k) => {
      const steps = (taps - 1 - k) * dilation;
      if (steps < length) output = product(delayed(x, 1, steps), weight, output);
    });
    return reshape(output, [batch, length, outputs]);
  });
  return Object.assign(whole, {
    reach,
    step(p: Parameters, x: Tensor, past: Tensor) {
      const [batch, length] = x.shape as [number, number, number];
      const all = concatenate([past, x], 1);
      // The few inputs are laid out as the many weights are, so that no weight has to be moved.
      const seen = Array.from({ length: taps }, (_, k) =>
        reshape(slice(all, 1, k * dilation, length), [batch, length, inputs, 1]),
      );
      const weight = reshape(parameter(p, weightName), [outputs, inputs * taps]);
      const rows = reshape(concatenate(seen, 3), [batch, length, inputs * taps]);
      const output = product(rows, weight, parameter(p, biasName));
      return { output: reshape(output, [batch, length, outputs]), past: slice(all, 1, length, reach) };
    },
  });
}

/**
 * Three taps by four products of half the rows instead of three of all: F(2, 3) of Winograd, in the notation of
 * Lavin and Gray 2016 (arXiv 1509.09308, section 4.1). A pair is two outputs, as far apart as the taps.
 */
function inPairs(
  x: Tensor,
  [w0, w1, w2]: readonly [Tensor, Tensor, Tensor],
  bias: Tensor,
  pairs: number,
): Tensor {
  const [batch, length, inputs] = x.shape as [number, number, number];
  const dilation = length / (2 * pairs);
  const [x2, x3] = split(reshape(x, [batch, pairs, 2, dilation, inputs]), 2, 2) as [Tensor, Tensor];
  const [x0, x1] = [delayed(x2, 1, 1), delayed(x3, 1, 1)];
  const ends = multiply(add(w0, w2), 0.5);
  const middle = multiply(w1, 0.5);
  const m2 = product(add(x1, x2), add(ends, middle), bias);
  const m3 = product(subtract(x2, x1), subtract(ends, middle));
  const outputs = [
    product(subtract(x0, x2), w0, add(m2, m3)),
    product(subtract(x3, x1), w2, subtract(m2, m3)),
  ].map((y) => reshape(y, [batch, pairs, 1, dilation, y.shape[1]!]));
  return reshape(concatenate(outputs, 2), [batch, length, bias.shape[0]!]);
}

/**
 * A window of few dilations, in blocks of one dilation each: nothing is multiplied by the zeros before the window, which
 * the earlier taps see in the earlier blocks.
 */
function inBlocks(x: Tensor, weights: readonly Tensor[], bias: Tensor, blocks: number): Tensor {
  const [batch, length] = x.shape as [number, number, number];
  const inputs = split(x, 1, blocks);
  const outputs = inputs.map((_, j) => {
    // The last tap sees block j itself, the one before it block j - 1.
    const output = inputs
      .slice(0, j + 1)
      .reduce((sum, input, i) => product(input, weights.at(i - j - 1)!, sum), bias);
    return reshape(output, [batch, length / blocks, bias.shape[0]!]);
  });
  return concatenate(outputs, 1);
}

/** x · weightᵀ + term, for all rows. [..., inputs] · [outputs, inputs] → [rows, outputs] */
function product(x: Tensor, weight: Tensor, term?: Tensor): Tensor {
  const inputs = x.shape.at(-1) as number;
  const rows = (x.shape as readonly number[]).reduce((n, d) => n * d, 1) / inputs;
  return gemm(reshape(x, [rows, inputs]), weight, term, { transposeB: true });
}

/** Each element `steps` later along an axis, zeros before the first; the last ones fall out. */
const delayed = (x: Tensor, axis: number, steps: number): Tensor => pad(x, axis, steps, -steps);
