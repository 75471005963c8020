/**
 * A convolutional character model: causal dilated convolutions with gates and residuals (WaveNet, van den
 * Oord et al., arXiv 1609.03499; ByteNet, Kalchbrenner et al., arXiv 1610.10099), layer norm before each.
 *
 * The dilation doubles from layer to layer, so that the receptive field doubles as well. While decoding,
 * each layer keeps the inputs that later characters will need: every character costs the same.
 */
import type { Tensor } from "../graph/tensor.ts";
import { causalConvolution } from "../nn/convolution.ts";
import { embedding } from "../nn/embedding.ts";
import { parametersOf } from "../nn/layer.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { reshape } from "../ops/broadcast.ts";
import { add, multiply, sigmoid, tanh } from "../ops/elementwise.ts";
import { slice, split } from "../ops/movement.ts";
import { configError, readProbability, readSize } from "./config.ts";
import { defineArchitecture, fraction, integer, type ModelDefinition } from "./define.ts";
import type { ModelConfig } from "./model.ts";

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

function build(config: ModelConfig): ModelDefinition {
  const width = readSize(config, "hidden_size");
  const taps = readSize(config, "kernel_size");
  const vocabulary = readSize(config, "vocab_size");
  const dropout = readProbability(config, "dropout");
  if (taps < 2) throw configError(config, '"kernel_size" must be 2 or more.');
  const characters = embedding("embedding", vocabulary, width);
  const layers = Array.from({ length: readSize(config, "num_layers") }, (_, k) => ({
    norm: layerNorm(`layers.${k}.norm`, width),
    conv: causalConvolution(`layers.${k}.conv`, {
      inputs: width,
      outputs: 2 * width,
      taps,
      dilation: 2 ** k,
    }),
    out: linear(`layers.${k}.out`, width, width),
  }));
  const finalNorm = layerNorm("norm", width);
  const head = linear("head", width, vocabulary, { head: true });
  return {
    parameters: parametersOf(
      characters,
      ...layers.flatMap(({ norm, conv, out }) => [norm, conv, out]),
      finalNorm,
      head,
    ),
    contextLength: 1 + layers.reduce((n, { conv }) => n + conv.reach, 0),
    predicts: "each",
    outputBias: "head.bias",
    state: (batch) =>
      Object.fromEntries(
        layers.map(({ conv }, k) => [`past${k}`, { dtype: "float32", shape: [batch, conv.reach, width] }]),
      ),
    forward(p, { ids, state = {} }, mode, { logits = "all" } = {}) {
      const [batch, length] = ids.shape as [number, number];
      const next: Record<string, Tensor> = {};
      let x = characters(p, ids); // [batch, length, width]
      layers.forEach(({ norm, conv, out }, k) => {
        const past = state[`past${k}`];
        const step = past && conv.step(p, norm(p, x), past);
        if (step) next[`past${k}`] = step.past;
        const [signal, gate] = split(step?.output ?? conv(p, norm(p, x)), 2, 2) as [Tensor, Tensor];
        x = add(x, mode.dropout(out(p, multiply(tanh(signal), sigmoid(gate))), dropout));
      });
      const wanted = logits === "last" ? slice(x, 1, -1, 1) : x;
      const rows = reshape(wanted, [logits === "last" ? batch : batch * length, width]);
      return { logits: head(p, finalNorm(p, rows)), state: next, hidden: [rows] };
    },
  };
}
