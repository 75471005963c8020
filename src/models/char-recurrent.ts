/** Character models of the lesson: an embedding, a stack of recurrent layers, and a linear head. */
import { int32 } from "../core/array.ts";
import { constant, isConstant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { embedding, tiedHead } from "../nn/embedding.ts";
import { parametersOf } from "../nn/layer.ts";
import { linear } from "../nn/linear.ts";
import { parameter } from "../nn/parameters.ts";
import { type Cell, recurrent } from "../nn/recurrent.ts";
import { reshape } from "../ops/broadcast.ts";
import { slice, transpose } from "../ops/movement.ts";
import { equal } from "../ops/select.ts";
import { configError, readFlag, readProbability, readSize, readTokenId } from "./config.ts";
import { defineArchitecture, fraction, integer, type ModelDefinition } from "./define.ts";
import type { ModelConfig } from "./model.ts";

/**
 * A token's share of the first layer depends on the token alone. Where the weights are constants it is computed once
 * for every token of a vocabulary, of up to so many tokens times units.
 */
const MOST_PROJECTED = 1e6;

function architecture(cell: Cell, learningRate: number, summary: string) {
  const options = {
    layers: integer(1, "recurrent layers, one above the other"),
    width: integer(256, "units of each recurrent layer"),
    embedding: integer(64, "numbers for each character"),
    dropout: fraction(0, "probability of dropping a unit, below the head and between layers"),
  };
  return defineArchitecture({
    type: `char-${cell}`,
    summary,
    tokens: "character",
    options,
    training: { learningRate },
    configure: ({ layers, width, embedding, dropout }, vocabularySize) => ({
      vocab_size: vocabularySize,
      embedding_size: embedding,
      hidden_size: width,
      num_layers: layers,
      dropout,
    }),
    resets: true,
    build: (config) => buildRecurrent(cell, config),
  });
}

/**
 * An embedding, the stack and a head; with `tie_word_embeddings` the head is the embedding and a bias. With
 * `reset_token_id`, the token between texts, the state is zeros before each text: every text begins in the same state,
 * in training as in use.
 */
export function buildRecurrent(cell: Cell, config: ModelConfig): ModelDefinition {
  const width = readSize(config, "embedding_size");
  const hidden = readSize(config, "hidden_size");
  const vocabulary = readSize(config, "vocab_size");
  const dropout = readProbability(config, "dropout");
  const reset = readTokenId(config, "reset_token_id");
  const tied = readFlag(config, "tie_word_embeddings", false);
  if (tied && width !== hidden) {
    const sizes = `embedding_size ${width} and hidden_size ${hidden}`;
    throw configError(config, `with tied embeddings ${sizes} must be equal.`);
  }
  const tokens = embedding("embedding", vocabulary, width, tied ? { std: 1 / Math.sqrt(width) } : {});
  const layers = readSize(config, "num_layers");
  const rnn = recurrent("rnn", { cell, inputs: width, hidden, layers, dropout });
  const head = tied
    ? tiedHead("head.bias", tokens, vocabulary)
    : linear("head", hidden, vocabulary, { head: true });
  return {
    parameters: parametersOf(tokens, rnn, head),
    contextLength: Infinity,
    predicts: "each",
    outputBias: "head.bias",
    state: (batch) => rnn.state(batch),
    forward(p, { ids, state: before }, mode, { logits = "all" } = {}) {
      const [batch, steps] = ids.shape as [number, number];
      const state = before ?? rnn.zeroState(batch);
      const timeMajor = reshape(transpose(ids), [steps * batch]);
      const resets = reset === undefined ? undefined : equal(timeMajor, constant(int32([], [reset])));
      const table = parameter(p, "embedding.weight");
      const projectsTable =
        !mode.training &&
        (vocabulary <= steps * batch || (isConstant(table) && vocabulary * hidden <= MOST_PROJECTED));
      const x = projectsTable ? { table, ids: timeMajor } : tokens(p, timeMajor);
      const { output, state: next } = rnn(p, { x, state, steps, resets }, mode);
      const rows =
        logits === "last"
          ? slice(output, 0, (steps - 1) * batch, batch)
          : batchMajor(output, steps, batch, hidden);
      return { logits: head(p, mode.dropout(rows, dropout)), state: next, hidden: [rows] };
    },
  };
}

/** [steps · batch, width] → [batch · steps, width]. */
function batchMajor(x: Tensor, steps: number, batch: number, width: number): Tensor {
  if (steps === 1 || batch === 1) return x;
  return reshape(transpose(reshape(x, [steps, batch, width]), [1, 0, 2]), [batch * steps, width]);
}

export const charRnn = architecture("rnn", 4e-3, "simple recurrent network: fast, forgets soon");
export const charGru = architecture("gru", 4e-3, "gated recurrent units: nearly an LSTM, a quarter smaller");
export const charLstm = architecture(
  "lstm",
  8e-3,
  "long short-term memory: the lesson's main character model",
);
