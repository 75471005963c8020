/** Losses of guesses without context, which a model has to beat. */

/** Nats per token of guessing every id with equal odds. */
export const uniformLoss = (vocabulary: number): number => Math.log(vocabulary);

/**
 * Nats per token on `held` of a unigram model with the frequencies of `train`, with `added` counts of every id (by
 * default one, Laplace), so that the loss of an unseen id is finite.
 */
export function unigramLoss(
  train: ArrayLike<number>,
  held: ArrayLike<number>,
  vocabulary: number,
  added = 1,
): number {
  const counts = new Float64Array(vocabulary).fill(added);
  for (let i = 0; i < train.length; i++) counts[train[i]!]!++;
  const total = train.length + added * vocabulary;
  let nats = 0;
  for (let i = 0; i < held.length; i++) nats -= Math.log(counts[held[i]!]! / total);
  return nats / held.length;
}
