/**
 * The probabilities of a softmax at a temperature, from log-probabilities at temperature 1.
 * @returns as many shares as `logs`, which add up to 1
 */
export function tempered(logs: readonly number[], temperature: number): number[] {
  const highest = Math.max(...logs);
  const weights = logs.map((log) => Math.exp((log - highest) / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
