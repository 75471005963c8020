/** Word models of the lesson: the recurrent stack over whole words, its head tied to its embedding or not. */
import type { Cell } from "../nn/recurrent.ts";
import { buildRecurrent } from "./char-recurrent.ts";
import { defineArchitecture, fraction, integer, onOff } from "./define.ts";

function architecture(cell: Cell, summary: string) {
  return defineArchitecture({
    type: `word-${cell}`,
    summary,
    tokens: "word",
    options: {
      layers: integer(1, "recurrent layers, one above the other"),
      width: integer(256, "units of each recurrent layer, and numbers for each word"),
      dropout: fraction(0.4, "probability of dropping a unit, below the head and between layers"),
      tied: onOff(
        true,
        "one table embeds words and scores them (Press & Wolf 2017); the embedding then has the layers' width",
      ),
    },
    training: { batchSize: 32, seqLen: 24, learningRate: 3e-3 },
    configure: ({ layers, width, dropout, tied }, vocabularySize) => ({
      vocab_size: vocabularySize,
      embedding_size: width,
      hidden_size: width,
      num_layers: layers,
      dropout,
      tie_word_embeddings: tied,
    }),
    resets: true,
    build: (config) => buildRecurrent(cell, config),
  });
}

export const wordRnn = architecture("rnn", "simple recurrent network over words: the lesson's first step");
export const wordLstm = architecture(
  "lstm",
  "long short-term memory over words: real words, a closed vocabulary",
);
