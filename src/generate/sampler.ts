/**
 * Choosing the next token from its scores: temperature, top-k, top-p, min-p and repetition penalty, in
 * the order in which Hugging Face's generate applies them, so that equal settings mean equal odds.
 */
import { UsageError } from "../core/errors.ts";

export interface SamplerOptions {
  /** Divides the scores: below 1 bolder on the likely, above 1 wilder; 0 takes the likeliest always. Default 1. */
  readonly temperature?: number;
  /** Only the k likeliest tokens. 0: all (the default). */
  readonly topK?: number;
  /** Only the likeliest tokens that together reach this probability (Holtzman et al. 2020). Default 1: all. */
  readonly topP?: number;
  /** Only tokens at least this share as likely as the likeliest (Nguyen et al. 2024). Default 0: all. */
  readonly minP?: number;
  /** Divides positive scores of tokens seen before, multiplies negative ones (Keskar et al. 2019). Default 1: none. */
  readonly repetitionPenalty?: number;
}

export type Sampler = (logits: Float32Array, seen: Iterable<number>, uniform: number) => Choice;

export interface Choice {
  readonly id: number;
  /** Natural logarithm of the probability under the model itself, before any of the options. */
  readonly logProbability: number;
}

/** @throws UsageError for an option out of range */
export function createSampler(options: SamplerOptions = {}): Sampler {
  const { temperature = 1, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 } = options;
  range("temperature", temperature, 0, 100);
  range("top-k", topK, 0, Number.MAX_SAFE_INTEGER);
  range("top-p", topP, 0, 1);
  range("min-p", minP, 0, 1);
  range("repetition-penalty", repetitionPenalty, 0.01, 100);

  return (logits, seen, uniform) => {
    const scores = repetitionPenalty === 1 ? logits : penalise(logits, seen, repetitionPenalty);
    const id = temperature === 0 ? argmax(scores) : draw(scores, temperature, topK, topP, minP, uniform);
    return { id, logProbability: logits[id]! - logSumExp(logits) };
  };
}

function range(name: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max))
    throw new UsageError(`--${name} must be from ${min} to ${max}, not ${value}.`);
}

function draw(
  scores: Float32Array,
  temperature: number,
  topK: number,
  topP: number,
  minP: number,
  uniform: number,
): number {
  const best = scores[argmax(scores)]!;
  // Weights relative to the likeliest, which has 1: exp of a difference cannot overflow.
  const weight = (score: number) => Math.exp((score - best) / temperature);
  const kept = candidates(scores, topK, topP, weight);
  const weights = Float64Array.from(kept, (id) => {
    const w = weight(scores[id]!);
    return w >= minP ? w : 0;
  });
  let left = uniform * weights.reduce((a, b) => a + b, 0);
  for (let i = 0; i < kept.length; i++) {
    left -= weights[i]!;
    if (left < 0) return kept[i]!;
  }
  // Rounding can leave a sliver: the last token with any weight takes it.
  for (let i = kept.length - 1; i >= 0; i--) if (weights[i]! > 0) return kept[i]!;
  return kept[0]!;
}

/** Ids that stay: all in their order, or the best by `topK` and `topP`, best first, ties by lower id. */
function candidates(
  scores: Float32Array,
  topK: number,
  topP: number,
  weight: (score: number) => number,
): Uint32Array {
  const all = Uint32Array.from(scores.keys());
  if ((topK === 0 || topK >= scores.length) && topP >= 1) return all;
  // Sorting plain numbers is ten times as fast as sorting ids by them: it tells the least score that stays.
  const sorted = scores.slice().sort();
  const most = topK === 0 ? scores.length : Math.min(topK, scores.length);
  const count = topP < 1 ? nucleus(sorted, most, topP, weight) : most;
  const least = sorted[sorted.length - count]!;
  return all
    .filter((id) => scores[id]! >= least)
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .subarray(0, count);
}

/** How many of the `most` best scores (`sorted` rises) reach the share `topP` of their weight; at least one. */
function nucleus(
  sorted: Float32Array,
  most: number,
  topP: number,
  weight: (score: number) => number,
): number {
  let total = 0;
  for (let i = 1; i <= most; i++) total += weight(sorted[sorted.length - i]!);
  let reached = 0;
  for (let i = 1; i <= most; i++) {
    reached += weight(sorted[sorted.length - i]!);
    if (reached >= topP * total) return i;
  }
  return most;
}

function penalise(logits: Float32Array, seen: Iterable<number>, penalty: number): Float32Array {
  const scores = logits.slice();
  for (const id of new Set(seen))
    scores[id] = scores[id]! > 0 ? scores[id]! / penalty : scores[id]! * penalty;
  return scores;
}

export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

export function logSumExp(values: Float32Array): number {
  const max = values[argmax(values)]!;
  let total = 0;
  for (let i = 0; i < values.length; i++) total += Math.exp(values[i]! - max);
  return max + Math.log(total);
}
