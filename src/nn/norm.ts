/** Normalisation over the last axis, with parameters named as in PyTorch and Hugging Face. */
import { float32 } from "../core/array.ts";
import { checkOptions, optionNames } from "../core/options.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { layerNorm as normalise, rmsNorm as normaliseRms } from "../ops/normalisation.ts";
import { type Layer, layer } from "./layer.ts";
import { filled, parameter, vector } from "./parameters.ts";

export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number | undefined;
}

export interface LayerNormOptions extends NormOptions {
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean | undefined;
}

const normNames = optionNames<keyof NormOptions>()("epsilon");
const layerNormNames = optionNames<keyof LayerNormOptions>()("epsilon bias");

const EPSILON = 1e-5;

/**
 * Zero mean and unit variance (Ba et al. 2016, arXiv 1607.06450), then `name.weight` [width], ones at first, and
 * `name.bias` [width], zeros, unless it has none. [..., width] → [..., width].
 */
export function layerNorm(name: string, width: number, options: LayerNormOptions = {}): Layer {
  const { epsilon = EPSILON, bias = true } = checkOptions(options, layerNormNames);
  const weight = vector(`${name}.weight`, [width], filled(1));
  const added = vector(`${name}.bias`, [width], filled(0));
  return layer(bias ? [weight, added] : [weight], (p, x: Tensor) =>
    normalise(
      x,
      parameter(p, weight.name),
      bias ? parameter(p, added.name) : constant(float32([width])),
      epsilon,
    ),
  );
}

/**
 * Division by the root mean square (Zhang & Sennrich 2019, arXiv 1910.07467), times `name.weight` [width], ones at
 * first. [..., width] → [..., width].
 */
export function rmsNorm(name: string, width: number, options: NormOptions = {}): Layer {
  const { epsilon = EPSILON } = checkOptions(options, normNames);
  return layer([vector(`${name}.weight`, [width], filled(1))], (p, x: Tensor) =>
    normaliseRms(x, parameter(p, `${name}.weight`), epsilon),
  );
}
