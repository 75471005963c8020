/**
 * What models predict for the same gap, and whether the words to its right matter to them, both from one forward pass
 * over the whole text, whatever the architecture.
 *
 * @example
 * const engine = punchlineEngine(lm, readCloze("The fox had to jump high in the [MASK]."));
 * const candidates = await predictCloze(engine, 10);
 * await rightContextEffect(engine, cloze); // 0 for GPT-2, above 0 for BERT
 */

import { requireFinite } from "../core/finite.ts";
import { type Candidate, candidatesOf } from "../generate/fill.ts";
import { logSumExp } from "../generate/sampler.ts";
import type { Cloze } from "./cloze.ts";
import type { Engine, Question } from "./engine.ts";
import { kindOf } from "./facts.ts";

export async function predictCloze(engine: Engine, topK: number): Promise<Candidate[]> {
  return candidatesOf(await logitsOf(engine, engine.question()), topK, engine.token, engine.vocabulary);
}

/** Words put to the right of the gap to see whether its prediction moves. */
export const continuations = [
  " of the cold dark cellar, where nobody had been for years.",
  " when the music began to play and all the guests were dancing.",
  ", said the captain, and then turned the ship towards the storm.",
] as const;
/** Fewer tokens than this to the right of the gap are not counted as words: a full stop, for example. */
const FEW = 3;

/**
 * How far the prediction moves when the words right of the gap change: total variation distance, half the sum of the
 * absolute differences of all probabilities, averaged over the changes. The number of tokens stays the same, so that
 * only the words differ. Undefined for models that never read what is to the right.
 */
export async function rightContextEffect(engine: Engine, cloze: Cloze): Promise<number | undefined> {
  if (kindOf(engine.model) === "window") return undefined;
  const own = engine.encode(cloze.right ?? "");
  const others = continuations.map((text) => engine.encode(text));
  const [first, ...changes] = own.length >= FEW ? [own, ...others] : others;
  const room = engine.model.contextLength - engine.question(new Int32Array()).ids.length;
  const length = Math.min(first!.length, room);
  if (length < 1) return undefined;
  const read = async (words: Int32Array) => {
    const after = Int32Array.from({ length }, (_, i) => words[i % words.length]!);
    return probabilities(await logitsOf(engine, engine.question(after)));
  };
  const before = await read(first!);
  let sum = 0;
  for (const words of changes) sum += totalVariation(before, await read(words));
  return sum / changes.length;
}

/** A token with its probability before and after the words right of the gap were changed. */
export interface MovedCandidate extends Candidate {
  readonly before: number;
}

export interface RightChange {
  /** Total variation distance of the two predictions: 0 is no change, 1 an entirely different answer. */
  readonly distance: number;
  /** The likeliest tokens after the change. */
  readonly predictions: readonly MovedCandidate[];
}

/** What the prediction becomes when the words right of the gap are others; both times the model is given all of them. */
export async function rightChange(
  engine: Engine,
  [before, after]: readonly [before: string, after: string],
  topK: number,
): Promise<RightChange> {
  const read = (right: string) => logitsOf(engine, engine.question(engine.encode(right)));
  const then = probabilities(await read(before));
  const logits = await read(after);
  const predictions = candidatesOf(logits, topK, engine.token, engine.vocabulary).map((candidate) => ({
    ...candidate,
    before: then[candidate.id]!,
  }));
  return { distance: totalVariation(then, probabilities(logits)), predictions };
}

/** @throws PunchlineError `not-finite` where a logit is not a number */
async function logitsOf(engine: Engine, question: Question): Promise<Float32Array> {
  const logits = await engine.forward(question);
  requireFinite(logits, engine.model.config.model_type);
  return logits;
}

/** The logits of the vocabulary: some output layers are larger. */
export function vocabularyLogits({ vocabulary }: Engine, logits: Float32Array): Float32Array {
  return logits.subarray(0, Math.min(logits.length, vocabulary));
}

export function probabilities(logits: Float32Array): Float64Array {
  const logZ = logSumExp(logits);
  return Float64Array.from(logits, (logit) => Math.exp(logit - logZ));
}

/** Half the L1 distance of two distributions over the same ids: 0 where they agree, 1 where they share nothing. */
export function totalVariation(p: ArrayLike<number>, q: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += Math.abs(p[i]! - q[i]!);
  return sum / 2;
}
