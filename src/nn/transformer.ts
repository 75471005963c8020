/** The blocks of transformers (Vaswani et al. 2017, arXiv 1706.03762): attention and a perceptron, each added to the stream. */
import { checkOptions, optionNames } from "../core/options.ts";
import type { Tensor } from "../graph/tensor.ts";
import { gelu, geluTanh, relu, silu } from "../ops/activation.ts";
import { add, multiply } from "../ops/elementwise.ts";
import {
  type Cache,
  chosenRows,
  type SelfAttention,
  type SelfAttentionInput,
  type SelfAttentionOutput,
} from "./attention.ts";
import { checkLayers, type Layer, layer, parametersOf } from "./layer.ts";
import { type Products, sideBySide } from "./linear.ts";
import type { Mode } from "./mode.ts";

/** By Hugging Face's names: `gelu_new` is the tanh form. */
export const activations = {
  gelu,
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu,
  silu,
  swish: silu,
} as const;
export type Activation = keyof typeof activations;

/** outer(activation(inner(x))). [..., width] → [..., width]. */
export const feedForward = (inner: Layer, outer: Layer, activation: Activation): Layer =>
  layer(parametersOf(inner, outer), (p, x: Tensor) => outer(p, activations[activation](inner(p, x))));

/** outer(activation(gate(x)) · inner(x)): a gated perceptron, such as SwiGLU (Shazeer 2020, arXiv 2002.05202). */
export const gatedFeedForward = (gate: Layer, inner: Layer, outer: Layer, activation: Activation): Layer =>
  gatedBy(sideBySide([gate, inner]), outer, activations[activation]);

const gatedBy = (both: Layer<[x: Tensor], Products>, outer: Layer, activate: (x: Tensor) => Tensor): Layer =>
  layer(parametersOf(both, outer), (p, x: Tensor) => {
    const [gate, inner] = both(p, x).parts as [Tensor, Tensor];
    return outer(p, multiply(activate(gate), inner));
  });

export interface BlockConfig {
  readonly attention: SelfAttention;
  readonly attentionNorm: Layer;
  readonly feedForward: Layer;
  readonly feedForwardNorm: Layer;
  /** Probability of dropping a unit of what each half adds. Default 0. */
  readonly dropout?: number | undefined;
}

const blockNames = optionNames<keyof BlockConfig>()(
  "attention attentionNorm feedForward feedForwardNorm dropout",
);

/** The stream after the block, as `output` of the stream's shape, and what attention gives besides. */
export type Block = SelfAttention;

/** Norms before each half, as in GPT-2 and Llama: x + attention(norm(x)), then x + feedForward(norm(x)). */
export function preNormBlock(config: BlockConfig): Block {
  checkOptions(config, blockNames);
  const { attention, attentionNorm, feedForward, feedForwardNorm, dropout = 0 } = config;
  const parameters = parametersOf(attentionNorm, attention, feedForwardNorm, feedForward);
  return layer(parameters, (p, x: Tensor, input: SelfAttentionInput, mode: Mode): SelfAttentionOutput => {
    const attended = attention(p, attentionNorm(p, x), input, mode);
    const middle = add(chosenRows(x, input), mode.dropout(attended.output, dropout));
    const added = feedForward(p, feedForwardNorm(p, middle));
    return { ...attended, output: add(middle, mode.dropout(added, dropout)) };
  });
}

/** Norms after each half, as in BERT: norm(x + attention(x)), then norm(x + feedForward(x)). */
export function postNormBlock(config: BlockConfig): Block {
  checkOptions(config, blockNames);
  const { attention, attentionNorm, feedForward, feedForwardNorm, dropout = 0 } = config;
  const parameters = parametersOf(attention, attentionNorm, feedForward, feedForwardNorm);
  return layer(parameters, (p, x: Tensor, input: SelfAttentionInput, mode: Mode): SelfAttentionOutput => {
    const attended = attention(p, x, input, mode);
    const middle = attentionNorm(p, add(chosenRows(x, input), mode.dropout(attended.output, dropout)));
    const added = mode.dropout(feedForward(p, middle), dropout);
    return { ...attended, output: feedForwardNorm(p, add(middle, added)) };
  });
}

/** Both halves read the same stream, as in GPT-NeoX: x + attention(norm(x)) + feedForward(otherNorm(x)). */
export function parallelBlock(config: BlockConfig): Block {
  checkOptions(config, blockNames);
  const { attention, attentionNorm, feedForward, feedForwardNorm, dropout = 0 } = config;
  const parameters = parametersOf(attentionNorm, feedForwardNorm, attention, feedForward);
  return layer(parameters, (p, x: Tensor, input: SelfAttentionInput, mode: Mode): SelfAttentionOutput => {
    const attended = attention(p, attentionNorm(p, x), input, mode);
    const stream = chosenRows(x, input);
    const added = feedForward(p, feedForwardNorm(p, stream));
    const both = add(mode.dropout(attended.output, dropout), mode.dropout(added, dropout));
    return { ...attended, output: add(stream, both) };
  });
}

export interface BlocksOutput {
  /** The stream before the first block and after each one, of its shape. */
  readonly hidden: readonly Tensor[];
  /** The last of these, or those of its rows that were asked for. */
  readonly last: Tensor;
  /** What each block's cache must take in, where there are caches. */
  readonly added: readonly Cache[];
  /** Attention's probabilities of each block, where asked for. */
  readonly weights: readonly Tensor[];
}

/**
 * Blocks one after another, with a mark for recomputation before and after each.
 * @returns a layer of the stream x, [batch · length, width] or [batch, length, width], the rest of each block's input by its
 *   number, and which rows of the last block's output are wanted besides: outside of training only they are computed where
 *   `hidden` is not read
 */
export const blockStack = (
  blocks: readonly Block[],
): Layer<
  [x: Tensor, inputOf: (block: number) => SelfAttentionInput, mode: Mode, rows?: (x: Tensor) => Tensor],
  BlocksOutput
> => {
  checkLayers(blocks);
  return layer(
    parametersOf(...blocks),
    (
      p,
      x: Tensor,
      inputOf: (block: number) => SelfAttentionInput,
      mode: Mode,
      rows?: (x: Tensor) => Tensor,
    ) => {
      const hidden = [mode.checkpoint(x)];
      const outputs = blocks.map((block, k) => {
        const output = block(p, hidden[k]!, inputOf(k), mode);
        hidden.push(mode.checkpoint(output.output));
        return output;
      });
      const final = blocks.length - 1;
      const chosen = (wanted: (x: Tensor) => Tensor) =>
        mode.training || final < 0
          ? wanted(hidden.at(-1)!)
          : blocks[final]!(p, hidden[final]!, { ...inputOf(final), rows: wanted }, mode).output;
      return {
        hidden,
        last: rows ? chosen(rows) : hidden.at(-1)!,
        added: outputs.flatMap(({ added }) => added ?? []),
        weights: outputs.flatMap(({ weights }) => weights ?? []),
      };
    },
  );
};
