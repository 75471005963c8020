/** Character models of the lesson: an embedding, a stack of recurrent layers, and a linear head. */
import { int32 } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { affine, embedding, embeddingParameters, headParameters } from "../nn/linear.ts";
import type { Mode } from "../nn/mode.ts";
import { filled, type Parameters, parameter, vector } from "../nn/parameters.ts";
import {
  type Cell,
  type RecurrentConfig,
  recurrent,
  recurrentParameters,
  recurrentState,
} from "../nn/recurrent.ts";
import { reshape } from "../ops/broadcast.ts";
import { slice, transpose } from "../ops/movement.ts";
import { equal } from "../ops/select.ts";
import { defineArchitecture, type ModelDefinition } from "./define.ts";
import type { ForwardOptions, ModelConfig, ModelInput } from "./model.ts";
import { fraction, integer, rate, size, switched, tokenId } from "./options.ts";

function architecture(cell: Cell, learningRate: number, summary: string) {
  const options = {
    layers: integer(1, "recurrent layers, one above the other"),
    width: integer(256, "units of each recurrent layer"),
    embedding: integer(64, "numbers that stand for one character"),
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
 * Builds the stack; with `tie_word_embeddings` the head is the embedding and a bias. With `reset_token_id`, the
 * token that stands between texts, the state is zeros before each of them: every text begins in the same state, in
 * training as in use, whatever was read before it.
 */
export function buildRecurrent(cell: Cell, config: ModelConfig): ModelDefinition {
  const width = size(config, "embedding_size");
  const layers: RecurrentConfig = {
    cell,
    inputs: width,
    hidden: size(config, "hidden_size"),
    layers: size(config, "num_layers"),
    dropout: rate(config, "dropout"),
  };
  const vocabulary = size(config, "vocab_size");
  const reset = tokenId(config, "reset_token_id");
  const tied = switched(config, "tie_word_embeddings", false);
  if (tied && width !== layers.hidden) {
    throw new InputError(
      "config",
      `config.json of ${config.model_type}: with tied embeddings embedding_size ${width} and hidden_size ${layers.hidden} must be equal.`,
    );
  }
  return {
    parameters: [
      ...embeddingParameters("embedding", vocabulary, width, tied ? 1 / Math.sqrt(width) : 1),
      ...recurrentParameters("rnn", layers),
      ...(tied
        ? [vector("head.bias", [vocabulary], filled(0))]
        : headParameters("head", layers.hidden, vocabulary)),
    ],
    contextLength: Infinity,
    predicts: "each",
    outputBias: "head.bias",
    state: (batch) => recurrentState(layers, batch),
    forward: (parameters, input, mode, options) => forward(layers, reset, parameters, input, mode, options),
  };
}

function forward(
  layers: RecurrentConfig,
  reset: number | undefined,
  parameters: Parameters,
  { ids, state }: ModelInput,
  mode: Mode,
  { logits = "all" }: ForwardOptions = {},
) {
  const [batch, steps] = ids.shape as [number, number];
  const timeMajor = reshape(transpose(ids), [steps * batch]);
  const { output, state: next } = recurrent(
    parameters,
    "rnn",
    layers,
    embedding(parameters, "embedding", timeMajor),
    state!,
    steps,
    mode,
    "",
    reset === undefined ? undefined : equal(timeMajor, constant(int32([], [reset]))),
  );
  const hidden =
    logits === "last"
      ? slice(output, 0, (steps - 1) * batch, batch)
      : batchMajor(output, steps, batch, layers.hidden);
  const head = parameters["head.weight"] ?? parameter(parameters, "embedding.weight");
  return {
    logits: affine(mode.dropout(hidden, layers.dropout), head, parameter(parameters, "head.bias"), true),
    state: next,
    hidden: [hidden],
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
