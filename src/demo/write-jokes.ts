/** Jokes of one model of the demo: some to read, each audited against the training jokes, and many to count. */
import type { AuditedText } from "../evaluate/novelty/auditor.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { type Sample, sample } from "../generate/sample.ts";
import type { DemoContext } from "./context.ts";

const temperatures = [0.5, 0.8, 1.1] as const;
/** The temperature at which most is measured. */
export const usualTemperature = temperatures[1];
const JOKES = 10;

export interface JokeOptions {
  /** The most tokens of a joke. */
  readonly maxLength: number;
  readonly prompt?: string | undefined;
}

export interface JokeGroup {
  readonly temperature: number;
  readonly samples: readonly AuditedText[];
}

export interface WrittenJokes {
  /** Ten of each temperature. */
  readonly groups: readonly JokeGroup[];
  /** More, at {@link usualTemperature}. */
  more(n: number): Promise<readonly Sample[]>;
}

/** @param what names the model at the beginning of a sentence: "The character model" */
export async function writeJokes(
  context: DemoContext,
  lm: LanguageModel,
  what: string,
  options: JokeOptions,
): Promise<WrittenJokes> {
  const { audit, emit } = context;
  const groups: JokeGroup[] = [];
  for (const [i, temperature] of temperatures.entries()) {
    emit({ type: "work", what: "writing jokes", done: i / temperatures.length });
    const written = await writeTexts(context, lm, JOKES, temperature, options);
    const samples = audit(written.map(({ text }) => text));
    groups.push({ temperature, samples });
    emit({ type: "jokes", what, temperature, samples });
  }
  return { groups, more: (n) => writeTexts(context, lm, n, usualTemperature, options) };
}

export const writeTexts = (
  { seed, signal }: DemoContext,
  lm: LanguageModel,
  n: number,
  temperature: number,
  options: JokeOptions,
): Promise<Sample[]> => sample(lm, { ...options, n, temperature, seed, slide: true, signal });
