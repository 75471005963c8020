/**
 * The decoder block of GPT-2 (Radford et al. 2019): attention and a two-layer perceptron, each behind a
 * layer norm and added to the stream. Parameters are named and laid out as in Hugging Face's `gpt2`.
 */
import type { Tensor } from "../graph/tensor.ts";
import { gelu, geluTanh, relu } from "../ops/activation.ts";
import { reshape, unflatten } from "../ops/broadcast.ts";
import { type CacheMask, cachedAttention } from "../ops/cached-attention.ts";
import { add } from "../ops/elementwise.ts";
import { concatenate } from "../ops/movement.ts";
import { attend, attendOpenly, type Cache, splitProjections } from "./attention.ts";
import { project as projectBy } from "./linear.ts";
import type { Mode } from "./mode.ts";
import { norm, normParameters } from "./norm.ts";
import {
  filled,
  matrix,
  normal,
  type ParameterSpec,
  type Parameters,
  parameter,
  vector,
} from "./parameters.ts";

/** By Hugging Face's names: `gelu_new` is the tanh form. */
export const activations = { gelu, gelu_new: geluTanh, gelu_pytorch_tanh: geluTanh, relu } as const;
export type Activation = keyof typeof activations;

export interface BlockConfig {
  readonly width: number;
  readonly heads: number;
  /** Units of the perceptron's hidden layer. */
  readonly inner: number;
  readonly activation: Activation;
  readonly epsilon: number;
  /** Probability of dropping an attention weight. */
  readonly attentionDropout: number;
  /** Probability of dropping a unit of what a sublayer adds. */
  readonly residualDropout: number;
}

/**
 * `name.ln_1`, `attn.c_attn`, `attn.c_proj`, `ln_2`, `mlp.c_fc`, `mlp.c_proj`; weights are [inputs, outputs].
 * Drawn from a normal of `deviation`, those that write to the stream of `deviation` / √(2 · layers).
 */
export function blockParameters(
  name: string,
  { width, inner }: BlockConfig,
  { deviation = 0.02, layers }: { deviation?: number; layers: number },
): ParameterSpec[] {
  const scaled = deviation / Math.sqrt(2 * layers);
  return [
    ...normParameters(`${name}.ln_1`, width),
    // Queries, keys and values.
    ...projectionParameters(`${name}.attn.c_attn`, width, 3 * width, deviation, 3),
    ...projectionParameters(`${name}.attn.c_proj`, width, width, scaled),
    ...normParameters(`${name}.ln_2`, width),
    ...projectionParameters(`${name}.mlp.c_fc`, width, inner, deviation),
    ...projectionParameters(`${name}.mlp.c_proj`, inner, width, scaled),
  ];
}

function projectionParameters(
  name: string,
  inputs: number,
  outputs: number,
  deviation: number,
  maps = 1,
): ParameterSpec[] {
  const weight = matrix(`${name}.weight`, [inputs, outputs], normal(deviation), 1);
  return [
    maps === 1 ? weight : { ...weight, maps: { axis: 1, count: maps } },
    vector(`${name}.bias`, [outputs], filled(0)),
  ];
}

export interface BlockInput {
  /** The stream, [batch · length, width]. */
  readonly x: Tensor;
  /** Whose tokens these are, [batch, length]. */
  readonly ids: Tensor;
  /** int32 [batch, length] or [batch, length, length], 0 for what is not to be seen; not with a cache. */
  readonly mask?: Tensor | undefined;
  /** Gives queries and keys [batch, length, width] their positions, where the stream has none. */
  readonly turn?: ((x: Tensor) => Tensor) | undefined;
  /** What the block saw before, and what new tokens see of it. */
  readonly past?: { readonly cache: Cache; readonly mask: CacheMask } | undefined;
  /** Whether to compute attention in plain operations and give its probabilities; not with a cache. */
  readonly open?: boolean | undefined;
}

/**
 * The stream after the block, [batch · length, width], what it adds to its cache where it has one, and attention's
 * probabilities where they are asked for.
 */
export function decoderBlock(
  parameters: Parameters,
  name: string,
  config: BlockConfig,
  { x, ids, mask, turn, past, open }: BlockInput,
  mode: Mode,
): { x: Tensor; added?: Cache; weights?: Tensor } {
  const { heads, epsilon, attentionDropout, residualDropout } = config;
  const project = (part: string, input: Tensor) => {
    const bias = parameter(parameters, `${name}.${part}.bias`);
    return projectBy(parameters, `${name}.${part}`, input, { bias, inputsFirst: true });
  };
  const merge = (stream: Tensor, addition: Tensor) => add(stream, mode.dropout(addition, residualDropout));

  const projected = unflatten(project("attn.c_attn", norm(parameters, `${name}.ln_1`, x, epsilon)), ids);
  const [q, k, v] = splitProjections(projected);
  const parts = turn ? ([turn(q), turn(k), v] as const) : ([q, k, v] as const);
  const options = { heads, causal: true, mask, dropout: attentionDropout };
  const cached =
    past &&
    cachedAttention(
      turn ? concatenate(parts, 2) : projected,
      past.cache.key,
      past.cache.value,
      past.mask,
      heads,
    );
  const opened = open ? attendOpenly(...parts, options) : undefined;
  const attended = cached?.output ?? opened?.output ?? attend(...parts, options, mode);
  const seen = merge(x, project("attn.c_proj", reshape(attended, x.shape)));

  const hidden = activations[config.activation](
    project("mlp.c_fc", norm(parameters, `${name}.ln_2`, seen, epsilon)),
  );
  const output = merge(seen, project("mlp.c_proj", hidden));
  return {
    x: output,
    ...(cached ? { added: cached } : {}),
    ...(opened ? { weights: opened.weights } : {}),
  };
}
