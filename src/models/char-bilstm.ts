/**
 * A window of characters read in both directions, and an LSTM above that says what follows the window.
 *
 * Both directions see the window alone, so the character to predict is seen by neither (Graves &
 * Schmidhuber 2005 for the layer; the lesson for its use in generation). There is one prediction a window,
 * and none of it can be carried on: each character written costs a whole window.
 */
import { int32 } from "../core/array.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { embedding, embeddingParameters, linear, linearParameters } from "../nn/linear.ts";
import type { Mode } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { type RecurrentConfig, recurrent, recurrentParameters, zeroRecurrentState } from "../nn/recurrent.ts";
import { reshape } from "../ops/broadcast.ts";
import { gather } from "../ops/indexing.ts";
import { concatenate, slice, transpose } from "../ops/movement.ts";
import type { Architecture, Model, ModelConfig, ModelInput, ModelOutput } from "./model.ts";
import { fraction, integer, rate, resolveOptions, size } from "./options.ts";

const type = "char-bilstm";
const options = {
  width: integer(128, "units of each direction, and of the layer above"),
  embedding: integer(64, "numbers that stand for one character"),
  window: integer(40, "characters that it reads", 2),
  dropout: fraction(0.2, "probability of dropping a unit, above each layer"),
};

export const charBilstm: Architecture = {
  type,
  summary: "a window read both ways predicts the character after it: slow to write",
  tokens: "character",
  options,
  training: {
    windows: "shuffled",
    seqLen: 40,
    stride: 3,
    batchSize: 128,
    learningRate: 3e-3,
    validationTokens: 5000,
  },
  configure(given, vocabularySize) {
    const { width, embedding, window, dropout } = resolveOptions({ type, options }, given);
    return {
      model_type: type,
      vocab_size: vocabularySize,
      embedding_size: embedding,
      hidden_size: width,
      window_size: window,
      dropout,
    };
  },
  build,
};

interface BiLstm {
  readonly below: RecurrentConfig;
  readonly above: RecurrentConfig;
}

function build(config: ModelConfig): Model {
  const embedded = size(config, "embedding_size");
  const hidden = size(config, "hidden_size");
  const vocabulary = size(config, "vocab_size");
  const dropout = rate(config, "dropout");
  const layer = (inputs: number): RecurrentConfig => ({ cell: "lstm", inputs, hidden, layers: 1, dropout });
  const shape: BiLstm = { below: layer(embedded), above: layer(2 * hidden) };
  return {
    config,
    parameters: [
      ...embeddingParameters("embedding", vocabulary, embedded),
      ...recurrentParameters("forward", shape.below),
      ...recurrentParameters("backward", shape.below),
      ...recurrentParameters("rnn", shape.above),
      ...linearParameters("head", hidden, vocabulary),
    ],
    contextLength: size(config, "window_size"),
    predicts: "last",
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
  const { hidden, dropout } = below;
  const backwards = constant(
    int32(
      [steps],
      Int32Array.from({ length: steps }, (_, t) => steps - 1 - t),
    ),
  );
  const timeMajor = transpose(ids);
  const run = (name: string, config: RecurrentConfig, x: Tensor) =>
    recurrent(parameters, name, config, x, zeroRecurrentState(config, batch), steps, mode).output;
  const read = (name: string, characters: Tensor) =>
    run(name, below, embedding(parameters, "embedding", reshape(characters, [steps * batch])));
  const there = read("forward", timeMajor);
  const back = read("backward", gather(timeMajor, backwards));
  const aligned = reshape(gather(reshape(back, [steps, batch * hidden]), backwards), [steps * batch, hidden]);
  const both = mode.dropout(concatenate([there, aligned], 1), dropout);
  const last = slice(run("rnn", above, both), 0, (steps - 1) * batch, batch);
  return { logits: linear(parameters, "head", mode.dropout(last, dropout)), state: {} };
}
