/** Networks small enough to see every number. */
export const sizes = {
  "char-rnn": { layers: 1, width: 6, embedding: 4 },
  "char-lstm": { layers: 1, width: 4, embedding: 4 },
  "char-transformer": { layers: 1, width: 8, heads: 2, context: 32 },
} as const;
