/**
 * The encoder block of BERT (Devlin et al. 2018, arXiv 1810.04805; Vaswani et al. 2017): attention and a
 * two-layer perceptron, each added to the stream and normalised after. BERT and DistilBERT differ in names.
 */
import type { Dim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape } from "../ops/broadcast.ts";
import { add } from "../ops/elementwise.ts";
import { attend, attendOpenly } from "./attention.ts";
import { linear } from "./linear.ts";
import type { Mode } from "./mode.ts";
import { norm, normParameters } from "./norm.ts";
import { filled, matrix, normal, type ParameterSpec, type Parameters, vector } from "./parameters.ts";
import { type Activation, activations } from "./transformer.ts";

export interface EncoderConfig {
  readonly width: number;
  readonly heads: number;
  /** Units of the perceptron's hidden layer. */
  readonly inner: number;
  readonly activation: Activation;
  readonly epsilon: number;
  readonly attentionDropout: number;
  readonly hiddenDropout: number;
  /** Standard deviation of fresh weights. */
  readonly deviation: number;
}

/** What a block's parts are called, behind the block's own name. */
export interface EncoderNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly inner: string;
  readonly outer: string;
  readonly outputNorm: string;
}

export function encoderParameters(
  name: string,
  names: EncoderNames,
  { width, inner, deviation }: EncoderConfig,
): ParameterSpec[] {
  const dense = (part: string, inputs: number, outputs: number) =>
    denseParameters(`${name}.${part}`, inputs, outputs, deviation);
  return [
    ...dense(names.query, width, width),
    ...dense(names.key, width, width),
    ...dense(names.value, width, width),
    ...dense(names.attentionOutput, width, width),
    ...normParameters(`${name}.${names.attentionNorm}`, width),
    ...dense(names.inner, width, inner),
    ...dense(names.outer, inner, width),
    ...normParameters(`${name}.${names.outputNorm}`, width),
  ];
}

/** `name.weight` [outputs, inputs] from a normal of `deviation`, `name.bias` [outputs] zeros, as BERT draws them. */
export const denseParameters = (
  name: string,
  inputs: number,
  outputs: number,
  deviation: number,
): ParameterSpec[] => [
  matrix(`${name}.weight`, [outputs, inputs], normal(deviation), 0),
  vector(`${name}.bias`, [outputs], filled(0)),
];

export interface EncoderInput {
  /** The stream, [batch · length, width]. */
  readonly x: Tensor;
  readonly batch: Dim;
  readonly length: Dim;
  /** int32 [batch, length] or [batch, length, length], 0 for what is not to be seen. */
  readonly mask?: Tensor | undefined;
  /** Whether to compute attention in plain operations and give its probabilities. */
  readonly open?: boolean | undefined;
}

/** The stream after the block, [batch · length, width], and attention's probabilities where they are asked for. */
export function encoderBlock(
  parameters: Parameters,
  name: string,
  names: EncoderNames,
  config: EncoderConfig,
  { x, batch, length, mask, open }: EncoderInput,
  mode: Mode,
): { x: Tensor; weights?: Tensor } {
  const { width, heads, epsilon, attentionDropout, hiddenDropout } = config;
  const dense = (part: string, input: Tensor) => linear(parameters, `${name}.${part}`, input);
  const merge = (part: string, stream: Tensor, addition: Tensor) =>
    norm(parameters, `${name}.${part}`, add(stream, mode.dropout(addition, hiddenDropout)), epsilon);

  const [q, k, v] = [names.query, names.key, names.value].map((part) =>
    reshape(dense(part, x), [batch, length, width]),
  ) as [Tensor, Tensor, Tensor];
  const options = { heads, mask, dropout: attentionDropout };
  const attended = open ? attendOpenly(q, k, v, options) : { output: attend(q, k, v, options, mode) };
  const seen = merge(names.attentionNorm, x, dense(names.attentionOutput, reshape(attended.output, x.shape)));
  const hidden = activations[config.activation](dense(names.inner, seen));
  const output = merge(names.outputNorm, seen, dense(names.outer, hidden));
  return "weights" in attended ? { x: output, weights: attended.weights } : { x: output };
}
