/**
 * A convolutional character model: causal dilated convolutions with gates and residuals (WaveNet, van den
 * Oord et al., arXiv 1609.03499; ByteNet, Kalchbrenner et al., arXiv 1610.10099), layer norm before each.
 *
 * The dilation doubles from layer to layer, so that the receptive field doubles as well. While decoding,
 * each layer keeps the inputs that later characters will need: every character costs the same.
 */
import { InputError } from "../core/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import {
  type ConvolutionConfig,
  causalConvolution,
  convolutionParameters,
  convolutionStep,
  reach,
} from "../nn/convolution.ts";
import { embedding, embeddingParameters, headParameters, linear, linearParameters } from "../nn/linear.ts";
import type { Mode } from "../nn/mode.ts";
import { norm, normParameters } from "../nn/norm.ts";
import type { Parameters } from "../nn/parameters.ts";
import { reshape } from "../ops/broadcast.ts";
import { add, multiply, sigmoid, tanh } from "../ops/elementwise.ts";
import { slice, split } from "../ops/movement.ts";
import { defineArchitecture, type ModelDefinition } from "./define.ts";
import type { ForwardOptions, ModelConfig, ModelInput, ModelOutput } from "./model.ts";
import { fraction, integer, rate, size } from "./options.ts";

const type = "char-cnn";
const options = {
  layers: integer(6, "convolutional layers; each doubles the receptive field", 1, 12),
  width: integer(192, "channels of each layer"),
  kernel: integer(3, "characters that one convolution sees", 2, 9),
  dropout: fraction(0.1, "probability of dropping a unit of what a layer adds"),
};

export const charCnn = defineArchitecture({
  type,
  summary: "causal dilated convolutions: writes at one speed, sees a fixed stretch of text",
  tokens: "character",
  options,
  training: { learningRate: 4e-3, seqLen: 96 },
  configure: ({ layers, width, kernel, dropout }, vocabularySize) => ({
    vocab_size: vocabularySize,
    hidden_size: width,
    num_layers: layers,
    kernel_size: kernel,
    dropout,
  }),
  build,
});

interface Cnn {
  readonly width: number;
  readonly layers: readonly ConvolutionConfig[];
  readonly dropout: number;
}

function build(config: ModelConfig): ModelDefinition {
  const width = size(config, "hidden_size");
  const taps = size(config, "kernel_size");
  const vocabulary = size(config, "vocab_size");
  if (taps < 2) throw new InputError("config", `config.json of ${type}: "kernel_size" must be 2 or more.`);
  const layers = Array.from({ length: size(config, "num_layers") }, (_, k) => ({
    inputs: width,
    outputs: 2 * width,
    taps,
    dilation: 2 ** k,
  }));
  const cnn: Cnn = { width, layers, dropout: rate(config, "dropout") };
  return {
    parameters: [
      ...embeddingParameters("embedding", vocabulary, width),
      ...layers.flatMap((layer, k) => [
        ...normParameters(`layers.${k}.norm`, width),
        ...convolutionParameters(`layers.${k}.conv`, layer),
        ...linearParameters(`layers.${k}.out`, width, width),
      ]),
      ...normParameters("norm", width),
      ...headParameters("head", width, vocabulary),
    ],
    contextLength: 1 + layers.reduce((n, layer) => n + reach(layer), 0),
    predicts: "each",
    outputBias: "head.bias",
    state: (batch) =>
      Object.fromEntries(
        layers.map((layer, k) => [`past${k}`, { dtype: "float32", shape: [batch, reach(layer), width] }]),
      ),
    forward: (parameters, input, mode, wanted) => forward(cnn, parameters, input, mode, wanted),
  };
}

function forward(
  cnn: Cnn,
  parameters: Parameters,
  { ids, state = {} }: ModelInput,
  mode: Mode,
  { logits = "all" }: ForwardOptions = {},
): ModelOutput {
  const { width, layers, dropout } = cnn;
  const [batch, length] = ids.shape as [number, number];
  const next: Record<string, Tensor> = {};
  let x = embedding(parameters, "embedding", ids);
  layers.forEach((layer, k) => {
    const name = `layers.${k}`;
    const normed = norm(parameters, `${name}.norm`, x);
    const past = state[`past${k}`];
    const step = past && convolutionStep(parameters, `${name}.conv`, layer, normed, past);
    if (step) next[`past${k}`] = step.past;
    const output = step ? step.output : causalConvolution(parameters, `${name}.conv`, layer, normed);
    const [signal, gate] = split(output, 2, 2) as readonly [Tensor, Tensor];
    const gated = linear(parameters, `${name}.out`, multiply(tanh(signal), sigmoid(gate)));
    x = add(x, mode.dropout(gated, dropout));
  });
  const wanted = logits === "last" ? slice(x, 1, -1, 1) : x;
  const rows = reshape(wanted, [logits === "last" ? batch : batch * length, width]);
  return {
    logits: linear(parameters, "head", norm(parameters, "norm", rows)),
    state: next,
    hidden: [rows],
  };
}
