/**
 * Choosing the next token from its scores: temperature, top-k, top-p, min-p and repetition penalty, in
 * the order in which Hugging Face's generate applies them, so that equal settings mean equal odds.
 */
import { invalidOption } from "../core/options.ts";
import { logSumExp, weigh } from "../runtime/scores.ts";
import { likeliest } from "./likeliest.ts";

export interface SamplerOptions {
  /** Divides the scores: below 1 safer, above 1 wilder; 0 always takes the likeliest. Default 1. */
  readonly temperature?: number | undefined;
  /** Only the k likeliest tokens. 0: all (the default). */
  readonly topK?: number | undefined;
  /** Only the likeliest tokens that together reach this probability (Holtzman et al. 2020). Default 1: all. */
  readonly topP?: number | undefined;
  /** Only tokens at least this share as likely as the likeliest (Nguyen et al. 2024). Default 0: all. */
  readonly minP?: number | undefined;
  /** Divides positive scores of tokens seen before, in the prompt or since, multiplies negative ones (Keskar et al. 2019). Default 1: none. */
  readonly repetitionPenalty?: number | undefined;
}

/**
 * @param logits of every id of the model's head
 * @param seen ids before the next one, for the repetition penalty: those of the prompt and those written
 */
export type Sampler = (logits: Float32Array, seen: Iterable<number>, uniform: number) => Choice;

/** What may be chosen. */
export interface Choosable {
  /** Only ids below this, which have a spelling. Default: all. */
  readonly size?: number | undefined;
  /** An id that is not chosen. */
  readonly never?: number | undefined;
}

export interface Choice {
  readonly id: number;
  /** Natural logarithm of the probability under the model itself: before any of the options, over all ids. */
  readonly logProbability: number;
}

/** @throws UsageError for an option out of range */
export function createSampler(options: SamplerOptions = {}, { size, never }: Choosable = {}): Sampler {
  const { temperature = 1, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 } = options;
  range("temperature", temperature, 0, 100);
  range("topK", topK, 0, Number.MAX_SAFE_INTEGER);
  range("topP", topP, 0, 1);
  range("minP", minP, 0, 1);
  range("repetitionPenalty", repetitionPenalty, 0.01, 100);

  const draw = drawFrom({ temperature, topK, topP, minP });
  const asPredicted = temperature === 1 && topK === 0 && topP === 1 && minP === 0;
  return (logits, seen, uniform) => {
    let scores = size === undefined || size === logits.length ? logits : logits.subarray(0, size);
    if (asPredicted && repetitionPenalty === 1 && never === undefined && scores === logits)
      return drawAsPredicted(logits, uniform);
    if (repetitionPenalty !== 1 || never !== undefined) scores = scores.slice();
    if (repetitionPenalty !== 1) penalise(scores, seen, repetitionPenalty);
    if (never !== undefined) scores[never] = -Infinity;
    const id = temperature === 0 ? argmax(scores) : draw(scores, uniform);
    return { id, logProbability: logits[id]! - logSumExp(logits) };
  };
}

function range(name: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max)) throw invalidOption(name, value, `from ${min} to ${max}`);
}

type Cuts = Readonly<Record<"temperature" | "topK" | "topP" | "minP", number>>;

/** Chooses an id by a uniform number. */
function drawFrom({
  temperature,
  topK,
  topP,
  minP,
}: Cuts): (scores: Float32Array, uniform: number) => number {
  /** Weights of some tokens, best first, relative to the likeliest. */
  const weightsOf = (scores: Float32Array, ids: Uint32Array): Float64Array =>
    Float64Array.from(ids, (id) => Math.exp((scores[id]! - scores[ids[0]!]!) / temperature));

  return (scores, uniform) => {
    const ranked = topK > 0 && topK < scores.length ? likeliest(scores, topK) : undefined;
    if (ranked === undefined && topP === 1 && minP === 0) {
      const { total, placeOf } = weigh(scores, 1 / temperature);
      return placeOf(total * uniform);
    }
    const nucleus = topP < 1 ? nucleusOf(scores, ranked, temperature, topP) : ranked;
    const kept = nucleus ? weightsOf(scores, nucleus) : weigh(scores, 1 / temperature).weights;
    let left = 0;
    for (let i = 0; i < kept.length; i++) {
      if (kept[i]! < minP) kept[i] = 0;
      left += kept[i]!;
    }
    const chosen = placeOf(kept, left * uniform);
    return nucleus ? nucleus[chosen]! : chosen;
  };
}

/** Chooses an id by the model's own probabilities. The weights that choose it also give its probability. */
function drawAsPredicted(logits: Float32Array, uniform: number): Choice {
  const { total, best, placeOf } = weigh(logits);
  const id = placeOf(total * uniform);
  return { id, logProbability: logits[id]! - (best + Math.log(total)) };
}

/** The first place up to which more than `share` of the weight lies. */
function placeOf(weights: ArrayLike<number>, share: number): number {
  let left = share;
  let chosen = 0;
  // Rounding can leave a sliver: the last place with any weight takes it.
  for (let i = 0; i < weights.length && left >= 0; i++) {
    if (weights[i]! > 0) chosen = i;
    left -= weights[i]!;
  }
  return chosen;
}

/** Candidates that are looked at first for a nucleus, and by how many times more where these are too few. */
const FIRST_CANDIDATES = 64;
const MORE_CANDIDATES = 8;

/**
 * The smallest set of the best tokens that reaches the share `topP` of the weight; at least one.
 * @param ranked the tokens to choose from, best first; undefined for all
 */
function nucleusOf(
  scores: Float32Array,
  ranked: Uint32Array | undefined,
  temperature: number,
  topP: number,
): Uint32Array {
  const weightOf = (id: number, best: number) => Math.exp((scores[id]! - best) / temperature);
  const some = ranked && scores[ranked[0]!]!;
  const { total, best } =
    ranked && some !== undefined
      ? { total: ranked.reduce((sum, id) => sum + weightOf(id, some), 0), best: some }
      : weigh(scores, 1 / temperature);
  for (let count = FIRST_CANDIDATES; ; count *= MORE_CANDIDATES) {
    const likely = ranked ?? likeliest(scores, count);
    let reached = 0;
    for (let i = 0; i < likely.length; i++) {
      reached += weightOf(likely[i]!, best);
      if (reached >= total * topP) return likely.subarray(0, i + 1);
    }
    if (likely.length === (ranked ?? scores).length) return likely;
  }
}

function penalise(scores: Float32Array, seen: Iterable<number>, penalty: number): void {
  for (const id of new Set(seen))
    scores[id] = scores[id]! > 0 ? scores[id]! / penalty : scores[id]! * penalty;
}

/** The index of the largest value, the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

export { logSumExp };
