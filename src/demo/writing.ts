/** Jokes of one model of the story: some to be read, each beside the training jokes, and many to be counted. */

import type { AuditedText } from "../evaluate/novelty/auditor.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { type Sample, sample } from "../generate/sample.ts";
import type { Telling } from "./context.ts";

export const temperatures = [0.5, 0.8, 1.1] as const;
/** At which most things are measured. */
export const usualTemperature = temperatures[1];
const JOKES = 10;

export interface WritingOptions {
  /** Most tokens of a joke. */
  readonly maxLength: number;
  readonly prompt?: string;
}

export interface JokeGroup {
  readonly temperature: number;
  readonly samples: readonly AuditedText[];
}

export interface WrittenJokes {
  /** Ten of each temperature. */
  readonly groups: readonly JokeGroup[];
  /** Others of the usual temperature. */
  more(n: number): Promise<readonly Sample[]>;
}

/** @param what who writes, at the beginning of a sentence: "The character model" */
export async function writeJokes(
  telling: Telling,
  lm: LanguageModel,
  what: string,
  options: WritingOptions,
): Promise<WrittenJokes> {
  const { audit, emit } = telling;
  const groups: JokeGroup[] = [];
  for (const [i, temperature] of temperatures.entries()) {
    emit({ type: "work", what: "writing jokes", done: i / temperatures.length });
    const written = await write(telling, lm, JOKES, temperature, options);
    const samples = audit(written.map(({ text }) => text));
    groups.push({ temperature, samples });
    emit({ type: "jokes", what, temperature, samples });
  }
  return { groups, more: (n) => write(telling, lm, n, usualTemperature, options) };
}

/** As `punchline sample` writes them. */
export const write = (
  { seed, signal }: Telling,
  lm: LanguageModel,
  n: number,
  temperature: number,
  options: WritingOptions,
): Promise<Sample[]> =>
  sample(lm, { ...options, n, temperature, seed, slide: true, ...(signal ? { signal } : {}) });
