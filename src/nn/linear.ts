/** Linear maps, with parameters named and laid out as in PyTorch. */

import { float32 } from "../core/array.ts";
import { checkOptions, optionNames } from "../core/options.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape } from "../ops/broadcast.ts";
import { gemm } from "../ops/matmul.ts";
import { concatenate, split } from "../ops/movement.ts";
import { flattenRows } from "./flatten-rows.ts";
import { checkLayers, type Layer, layer, parametersOf } from "./layer.ts";
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
export function linear(
  name: string,
  inputs: number,
  outputs: number,
  options: LinearOptions = {},
): LinearMap {
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
  const map = layer(head ? specs.map((spec) => ({ ...spec, head })) : specs, (p, x: Tensor) =>
    multiplyWeight(p, name, x, bias ? parameter(p, `${name}.bias`) : undefined, inputsFirst),
  );
  return Object.assign(map, { map: { name, inputs, outputs, bias } });
}

/** A layer that is a linear map and nothing else. */
export interface LinearMap extends Layer {
  readonly map: {
    /** What its parameters' names begin with. */
    readonly name: string;
    readonly inputs: number;
    readonly outputs: number;
    readonly bias: boolean;
  };
}

/** What {@link sideBySide} gives. */
export interface Products {
  /** Of each map: [..., outputs]. */
  readonly parts: readonly Tensor[];
  /** All of them side by side, where they were computed as one: [..., outputs of all]. */
  readonly joined?: Tensor | undefined;
}

/**
 * Layers that read the same x, such as those of queries, keys and values. Linear maps whose weights are quantised are one
 * product, to whose parts adapters are added: a product of a single row takes longer to begin than to read a small matrix.
 */
export function sideBySide(layers: readonly Layer[]): Layer<[x: Tensor], Products> {
  checkLayers(layers);
  const maps = layers.flatMap((one) => ("map" in one ? [(one as LinearMap).map] : []));
  const apart = parametersOf(...layers);
  const separate = (p: Parameters, x: Tensor): Products => ({ parts: layers.map((one) => one(p, x)) });
  if (layers.length < 2 || new Set(maps).size < layers.length) return layer(apart, separate);
  const name = maps.map((map, k) => (k === 0 ? map.name : map.name.replace(/^.*\./, ""))).join("+");
  const together = apart.map((spec) => (spec.outputs === undefined ? spec : { ...spec, packedIn: name }));
  return layer(together, (p, x: Tensor) => {
    const packed = quantizedMatrix(p, name, x.shape.at(-1) as number);
    if (!packed) return separate(p, x);
    const biases = maps.map(({ name, outputs, bias }) =>
      bias ? parameter(p, `${name}.bias`) : constant(float32([outputs])),
    );
    const joined = packed.multiply(x, maps.some(({ bias }) => bias) ? concatenate(biases, 0) : undefined);
    const last = joined.shape.length - 1;
    const parts = split(
      joined,
      last,
      maps.map(({ outputs }) => outputs),
    ).map((part, k) => adapted(p, maps[k]!.name, part, x));
    return { parts, joined: maps.some(({ name }) => adapterOf(p, name)) ? undefined : joined };
  });
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
  const packed = quantizedMatrix(p, `${name}.weight`, x.shape.at(-1) as number);
  if (packed) return adapted(p, name, packed.multiply(x, bias), x);
  const rows = flattenRows(x);
  const product = gemm(rows, parameter(p, `${name}.weight`), bias, { transposeB: !inputsFirst });
  const output = adapted(p, name, product, rows);
  return reshape(output, [...x.shape.slice(0, -1), output.shape[1]!]);
}

/** The product of a map's matrix, [..., outputs], and that of its LoRA adapter, if it has one. */
function adapted(p: Parameters, name: string, product: Tensor, x: Tensor): Tensor {
  const adapter = adapterOf(p, name);
  return adapter
    ? reshape(addAdapter(flattenRows(product), flattenRows(x), adapter), product.shape)
    : product;
}
