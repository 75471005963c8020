/**
 * A window of characters read in both directions, and an LSTM above that predicts what follows the window.
 *
 * Both directions see the window alone, so the character to predict is seen by neither (Graves &
 * Schmidhuber 2005 for the layer; the lesson for its use in generation). There is one prediction a window,
 * and none of it can be carried on: each character written costs a whole window.
 */
import { bidirectional } from "../nn/bidirectional.ts";
import { embedding } from "../nn/embedding.ts";
import { parametersOf } from "../nn/layer.ts";
import { linear } from "../nn/linear.ts";
import { recurrent } from "../nn/recurrent.ts";
import { reshape } from "../ops/broadcast.ts";
import { transpose } from "../ops/movement.ts";
import { readProbability, readSize } from "./config.ts";
import { defineArchitecture, fraction, integer, type ModelDefinition } from "./define.ts";
import type { ModelConfig } from "./model.ts";

const type = "char-bilstm";
const options = {
  width: integer(128, "units of each direction, and of the layer above"),
  embedding: integer(64, "numbers for each character"),
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

function build(config: ModelConfig): ModelDefinition {
  const embedded = readSize(config, "embedding_size");
  const hidden = readSize(config, "hidden_size");
  const vocabulary = readSize(config, "vocab_size");
  const dropout = readProbability(config, "dropout");
  const characters = embedding("embedding", vocabulary, embedded);
  const both = bidirectional("bilstm", { cell: "lstm", inputs: embedded, hidden });
  const above = recurrent("rnn", { cell: "lstm", inputs: 2 * hidden, hidden, layers: 1, dropout });
  const head = linear("head", hidden, vocabulary, { head: true });
  return {
    parameters: parametersOf(characters, both, above, head),
    contextLength: readSize(config, "window_size"),
    predicts: "last",
    outputBias: "head.bias",
    state: () => ({}),
    forward(p, { ids }, mode) {
      const [batch, steps] = ids.shape as [number, number];
      // [steps · batch, embedded], time-major
      const embeddings = characters(p, reshape(transpose(ids), [steps * batch]));
      const x = mode.dropout(both(p, embeddings, steps, mode), dropout, steps);
      const { h0: last } = above(p, { x, state: above.zeroState(batch), steps }, mode).state;
      return { logits: head(p, mode.dropout(last!, dropout)), state: {} };
    },
  };
}
