/** Normalisation over the last axis, with parameters named as in PyTorch and Hugging Face. */
import { checkOptions, optionNames } from "../core/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import { layerNorm as normalise, rmsNorm as normaliseRms } from "../ops/normalisation.ts";
import { type Layer, layer } from "./layer.ts";
import { filled, parameter, vector } from "./parameters.ts";

export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number | undefined;
}

const normNames = optionNames<keyof NormOptions>()("epsilon");

const epsilonOf = (options: NormOptions): number => checkOptions(options, normNames).epsilon ?? 1e-5;

/**
 * Zero mean and unit variance (Ba et al. 2016, arXiv 1607.06450), then `name.weight` [width], ones at first, and
 * `name.bias` [width], zeros. [..., width] → [..., width].
 */
export function layerNorm(name: string, width: number, options: NormOptions = {}): Layer {
  const epsilon = epsilonOf(options);
  return layer(
    [vector(`${name}.weight`, [width], filled(1)), vector(`${name}.bias`, [width], filled(0))],
    (p, x: Tensor) => normalise(x, parameter(p, `${name}.weight`), parameter(p, `${name}.bias`), epsilon),
  );
}

/**
 * Division by the root mean square (Zhang & Sennrich 2019, arXiv 1910.07467), times `name.weight` [width], ones at
 * first. [..., width] → [..., width].
 */
export function rmsNorm(name: string, width: number, options: NormOptions = {}): Layer {
  const epsilon = epsilonOf(options);
  return layer([vector(`${name}.weight`, [width], filled(1))], (p, x: Tensor) =>
    normaliseRms(x, parameter(p, `${name}.weight`), epsilon),
  );
}
