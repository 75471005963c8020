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
  const kept = candidates(scores, topK, topP < 1);
  const best = scores[argmax(scores)]!;
  // Weights relative to the likeliest, which has 1: exp of a difference cannot overflow.
  let weights = Float64Array.from(kept, (id) => Math.exp((scores[id]! - best) / temperature));
  let count = kept.length;
  if (topP < 1) count = nucleus(weights, topP);
  if (minP > 0) weights = weights.map((w, i) => (i < count && w >= minP ? w : 0));
  let total = 0;
  for (let i = 0; i < count; i++) total += weights[i]!;
  let left = uniform * total;
  for (let i = 0; i < count; i++) {
    left -= weights[i]!;
    if (left < 0) return kept[i]!;
  }
  // Rounding can leave a sliver: the last token with any weight takes it.
  for (let i = count - 1; i >= 0; i--) if (weights[i]! > 0) return kept[i]!;
  return kept[0]!;
}

/** Ids that stay: the `topK` best (ties by lower id), best first where an order is needed; else all by id. */
function candidates(scores: Float32Array, topK: number, ordered: boolean): Uint32Array {
  const ids = Uint32Array.from(scores, (_, i) => i);
  if (!ordered && (topK === 0 || topK >= scores.length)) return ids;
  ids.sort((a, b) => scores[b]! - scores[a]! || a - b);
  return topK > 0 ? ids.subarray(0, topK) : ids;
}

/** How many of the first weights reach the share `topP` of the total; at least one. */
function nucleus(weights: Float64Array, topP: number): number {
  const target = topP * weights.reduce((a, b) => a + b, 0);
  let reached = 0;
  for (let i = 0; i < weights.length; i++) {
    reached += weights[i]!;
    if (reached >= target) return i + 1;
  }
  return weights.length;
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
