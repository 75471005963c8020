/** Linear maps, with parameters named and laid out as in PyTorch. */
import { checkOptions, optionNames } from "../core/options.ts";
import type { Dim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape } from "../ops/broadcast.ts";
import { gemm } from "../ops/matmul.ts";
import { type Layer, layer } from "./layer.ts";
import { adapterOf, addAdapter } from "./lora.ts";
import {
  filled,
  matrix,
  normal,
  type ParameterSpec,
  type Parameters,
  parameter,
  uniform,
  vector,
} from "./parameters.ts";
import { quantizedMatrix } from "./quantized.ts";

export interface LinearOptions {
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean | undefined;
  /**
   * Draw the weight from a normal distribution of this standard deviation, and start the bias at zero. Default: both
   * uniform, as torch.nn.Linear draws them.
   */
  readonly std?: number | undefined;
  /** Store the weight as [inputs, outputs], as GPT-2 does. Default [outputs, inputs]. */
  readonly inputsFirst?: boolean | undefined;
  /** Linear maps of one size with outputs side by side: queries, keys and values. Default 1. */
  readonly maps?: number | undefined;
  /** Whether the outputs are the vocabulary. Default false. */
  readonly head?: boolean | undefined;
}

const linearNames = optionNames<keyof LinearOptions>()("bias std inputsFirst maps head");

/**
 * x · Wᵀ + b over the last axis. [..., inputs] → [..., outputs].
 * Parameters: `name.weight` [outputs, inputs] and `name.bias` [outputs].
 *
 * @example
 * const q = linear("q_proj", 64, 64, { bias: false });
 * q.parameters; // q_proj.weight [64, 64]
 * const y = q(p, x);
 */
export function linear(name: string, inputs: number, outputs: number, options: LinearOptions = {}): Layer {
  checkOptions(options, linearNames);
  const { bias = true, std, inputsFirst = false, maps = 1, head = false } = options;
  const torch = uniform(1 / Math.sqrt(inputs));
  const [drawWeight, drawBias] = std === undefined ? [torch, torch] : [normal(std), filled(0)];
  const axis = inputsFirst ? 1 : 0;
  const weight: ParameterSpec = {
    ...matrix(`${name}.weight`, inputsFirst ? [inputs, outputs] : [outputs, inputs], drawWeight, axis),
    maps: maps === 1 ? undefined : { axis, count: maps },
  };
  const specs = bias ? [weight, vector(`${name}.bias`, [outputs], drawBias)] : [weight];
  return layer(head ? specs.map((spec) => ({ ...spec, head })) : specs, (p, x) =>
    multiplyWeight(p, name, x, bias ? parameter(p, `${name}.bias`) : undefined, inputsFirst),
  );
}

/**
 * x · Wᵀ + b over the last axis, with `name.weight` in floats or quantised. The product of the map's LoRA adapter,
 * if it has one, is added.
 * @param inputsFirst whether the weight is [inputs, outputs]
 */
export function multiplyWeight(
  p: Parameters,
  name: string,
  x: Tensor,
  bias?: Tensor,
  inputsFirst = false,
): Tensor {
  const rows = flattenRows(x);
  const product =
    quantizedMatrix(p, `${name}.weight`, rows.shape[1] as number)?.multiply(rows, bias) ??
    gemm(rows, parameter(p, `${name}.weight`), bias, { transposeB: !inputsFirst });
  const adapter = adapterOf(p, name);
  const output = adapter ? addAdapter(product, rows, adapter) : product;
  return reshape(output, [...x.shape.slice(0, -1), output.shape[1]!]);
}

/** [..., n] → [rows, n]. */
export function flattenRows(x: Tensor): Tensor {
  return reshape(x, [mergeDims(x.shape.slice(0, -1)), x.shape[x.shape.length - 1]!]);
}

/** The size of several axes merged into one; a product of names where they are dynamic. */
export function mergeDims(dims: readonly Dim[]): Dim {
  const size = dims.reduce<number>((n, d) => (typeof d === "number" ? n * d : n), 1);
  const names = dims.filter((d) => typeof d === "string").sort();
  if (names.length === 0) return size;
  return size === 1 ? names.join("*") : `${size}*${names.join("*")}`;
}
