/** "Which one is faster?" in one plain sentence for each sense of the word, with the ratios behind them. */
import { listed } from "../core/sentence.ts";
import { milliseconds, type Ratio, ratioOf, ratioSentence, ratiosOf, type Times } from "./faster.ts";
import type { TimedCase } from "./speed.ts";

export const caseNames = {
  tokenise: "tokenise the text",
  read: "read the text",
  fill: "fill one blank",
  cached: "next token, cached",
  uncached: "next token, anew",
  choose: "choose a token",
  /** Not timed by itself: the faster of a model's ways to the next token. */
  write: "write a token",
} as const;

export interface Answer {
  readonly sense: string;
  readonly sentence: string;
}

export interface Answers {
  readonly answers: readonly Answer[];
  readonly ratios: readonly Ratio[];
}

/** One model's times in one sense. */
interface Timed extends Times {
  readonly p50_ms: number;
}

/** How long it took to load a model, once. */
interface Load {
  readonly model: string;
  readonly ms: number;
}

/**
 * @param timings of at least two models; senses with fewer than two timings are left out
 * @param texts 1 where all models read the same text, 2 where masked models read one and the others another
 */
export function answersOf(
  timings: readonly TimedCase[],
  loads: readonly Load[] = [],
  texts: 1 | 2 = 1,
): Answers {
  const of = (name: string): Timed[] =>
    timings.filter((t) => t.case === name).map((t) => ({ name: t.model, runs: t.runs, p50_ms: t.p50_ms }));
  const models = [...new Set(timings.map((t) => t.model))];
  /** Each model in its faster way. */
  const writing = models.flatMap((model) => {
    const ways = [...of(caseNames.cached), ...of(caseNames.uncached)].filter(({ name }) => name === model);
    return ways.sort((a, b) => a.p50_ms - b.p50_ms).slice(0, 1);
  });
  const senses = [
    sense(
      "Filling a blank",
      texts === 2
        ? "From the text that each reads to its word for the blank"
        : "From the text to the word for its blank",
      caseNames.fill,
      of(caseNames.fill),
    ),
    sense("Reading", "To read the text once", caseNames.read, of(caseNames.read)),
    sense("Writing", "For each token that it writes, at its best", caseNames.write, writing),
    ...models.map((model) => cacheOf(model, of)),
    sense("Tokenising", "To cut the text into tokens", caseNames.tokenise, of(caseNames.tokenise)),
  ];
  return {
    answers: [...senses.flatMap(({ answers }) => answers), ...starting(loads)],
    ratios: senses.flatMap(({ ratios }) => ratios),
  };
}

const nothing: Answers = { answers: [], ratios: [] };

function sense(name: string, task: string, timed: string, timings: readonly Timed[]): Answers {
  const ratios = ratiosOf(timed, timings);
  const [first] = ratios;
  if (first === undefined) return nothing;
  const order = [...timings].sort((a, b) => a.p50_ms - b.p50_ms);
  const times = listed(order.map(({ name, p50_ms }) => `${name} takes ${milliseconds(p50_ms)}`));
  const verdict = ratioSentence(first, order.length);
  return { answers: [{ sense: name, sentence: `${task}, ${times}: ${verdict}.` }], ratios };
}

function cacheOf(model: string, of: (name: string) => readonly Timed[]): Answers {
  const [cached, uncached] = [caseNames.cached, caseNames.uncached].map((name) =>
    of(name).find((t) => t.name === model),
  );
  if (!cached || !uncached) return nothing;
  const ratio = ratioOf(
    `the cache of ${model}`,
    { name: `${model} with its cache`, runs: cached.runs },
    { name: `${model} without`, runs: uncached.runs },
  );
  if (ratio === undefined) return nothing;
  const times = `With its cache ${model} needs ${milliseconds(cached.p50_ms)} for the next token and ${milliseconds(uncached.p50_ms)} where it reads everything again`;
  return {
    answers: [
      { sense: `What the cache of ${model} is worth`, sentence: `${times}: ${ratioSentence(ratio)}.` },
    ],
    ratios: [ratio],
  };
}

/** One time of each cannot be compared, however large the difference looks. */
function starting(loads: readonly Load[]): Answer[] {
  if (loads.length < 2) return [];
  const order = [...loads].sort((a, b) => a.ms - b.ms);
  const times = listed(order.map(({ model, ms }) => `${model} took ${milliseconds(ms)}`));
  return [
    {
      sense: "Starting",
      sentence: `To be loaded and give a first answer, ${times}: each was loaded once, so this does not tell which starts faster.`,
    },
  ];
}
