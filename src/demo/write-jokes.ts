/** Jokes of one model of the demo: some to read, each audited against the training jokes, and many to count. */
import type { AuditedText } from "../evaluate/novelty/auditor.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { type Sample, sample } from "../generate/sample.ts";
import type { BestText } from "../report/index.ts";
import type { Candidate, RatedText } from "./best.ts";
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
  /** The one of all these that reads best, where one reads well enough. */
  best(): Promise<BestText | undefined>;
}

/** @param what names the model at the beginning of a sentence: "The character model" */
export async function writeJokes(
  context: DemoContext,
  lm: LanguageModel,
  what: string,
  options: JokeOptions,
): Promise<WrittenJokes> {
  const { audit, emit } = context;
  const ratings = await context.ratings();
  const groups: JokeGroup[] = [];
  const rated: RatedText[] = [];
  const rate = async (written: readonly Sample[], temperature: number) => {
    const samples = audit(written.map(({ text }) => text));
    const candidates = samples.map(
      (audited, i): Candidate => ({ audited, temperature, ended: written[i]!.finish === "eos" }),
    );
    const found = await ratings.rate(candidates);
    rated.push(...found);
    return { samples, ranked: found.filter(({ allowed }) => allowed).map(({ audited }) => audited) };
  };
  for (const [i, temperature] of temperatures.entries()) {
    emit({ type: "work", what: "writing jokes", done: i / temperatures.length });
    const written = await writeTexts(context, lm, JOKES, temperature, options);
    const { samples, ranked } = await rate(written, temperature);
    groups.push({ temperature, samples });
    emit({ type: "jokes", what, temperature, first: i === 0, samples, ranked });
  }
  return {
    groups,
    async more(n) {
      const written = await writeTexts(context, lm, n, usualTemperature, options);
      // The first of them are those of the group of this temperature: the same seed.
      await rate(written.slice(JOKES), usualTemperature);
      return written;
    },
    best: async () => ratings.best(rated),
  };
}

export const writeTexts = (
  { seed, signal }: DemoContext,
  lm: LanguageModel,
  n: number,
  temperature: number,
  options: JokeOptions,
): Promise<Sample[]> => sample(lm, { ...options, n, temperature, seed, slide: true, signal });
