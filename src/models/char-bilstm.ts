/**
 * A window of characters read in both directions, and an LSTM above that says what follows the window.
 *
 * Both directions see the window alone, so the character to predict is seen by neither (Graves &
 * Schmidhuber 2005 for the layer; the lesson for its use in generation). There is one prediction a window,
 * and none of it can be carried on: each character written costs a whole window.
 */
import { type BidirectionalConfig, bidirectional, bidirectionalParameters } from "../nn/bidirectional.ts";
import { embedding, embeddingParameters, headParameters, linear } from "../nn/linear.ts";
import type { Mode } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { type RecurrentConfig, recurrent, recurrentParameters, zeroRecurrentState } from "../nn/recurrent.ts";
import { reshape } from "../ops/broadcast.ts";
import { transpose } from "../ops/movement.ts";
import { defineArchitecture, type ModelDefinition } from "./define.ts";
import type { ModelConfig, ModelInput, ModelOutput } from "./model.ts";
import { fraction, integer, rate, size } from "./options.ts";

const type = "char-bilstm";
const options = {
  width: integer(128, "units of each direction, and of the layer above"),
  embedding: integer(64, "numbers that stand for one character"),
  window: integer(40, "characters that it reads", 2),
  dropout: fraction(0.2, "probability of dropping a unit, above each layer"),
};

export const charBilstm = defineArchitecture({
  type,
  summary: "a window read both ways predicts the character after it: slow to write",
  tokens: "character",
  options,
  training: {
    windows: "shuffled",
    seqLen: 40,
    stride: 3,
    batchSize: 128,
    learningRate: 8e-3,
    validationTokens: 5000,
  },
  configure: ({ width, embedding, window, dropout }, vocabularySize) => ({
    vocab_size: vocabularySize,
    embedding_size: embedding,
    hidden_size: width,
    window_size: window,
    dropout,
  }),
  build,
});

interface BiLstm {
  readonly below: BidirectionalConfig;
  readonly above: RecurrentConfig;
}

function build(config: ModelConfig): ModelDefinition {
  const embedded = size(config, "embedding_size");
  const hidden = size(config, "hidden_size");
  const vocabulary = size(config, "vocab_size");
  const shape: BiLstm = {
    below: { cell: "lstm", inputs: embedded, hidden },
    above: { cell: "lstm", inputs: 2 * hidden, hidden, layers: 1, dropout: rate(config, "dropout") },
  };
  return {
    parameters: [
      ...embeddingParameters("embedding", vocabulary, embedded),
      ...bidirectionalParameters("bilstm", shape.below),
      ...recurrentParameters("rnn", shape.above),
      ...headParameters("head", hidden, vocabulary),
    ],
    contextLength: size(config, "window_size"),
    predicts: "last",
    outputBias: "head.bias",
    state: () => ({}),
    forward: (parameters, input, mode) => forward(shape, parameters, input, mode),
  };
}

function forward(
  { below, above }: BiLstm,
  parameters: Parameters,
  { ids }: ModelInput,
  mode: Mode,
): ModelOutput {
  const [batch, steps] = ids.shape as [number, number];
  const x = embedding(parameters, "embedding", reshape(transpose(ids), [steps * batch]));
  const both = mode.dropout(bidirectional(parameters, "bilstm", below, x, steps, mode), above.dropout);
  const state = zeroRecurrentState(above, batch);
  const { h0: last } = recurrent(parameters, "rnn", above, both, state, steps, mode).state;
  return { logits: linear(parameters, "head", mode.dropout(last!, above.dropout)), state: {} };
}
