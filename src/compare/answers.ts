/** "Which one is faster?" in one plain sentence for each sense of the word. */
import { caseNames } from "./cases.ts";
import type { Timing } from "./speed.ts";

export interface Answer {
  readonly sense: string;
  readonly sentence: string;
}

/** Ratios closer to 1 than this are no difference that a person should act upon. */
const ALIKE = 1.05;

interface Contender {
  readonly model: string;
  readonly ms: number;
}

/** @param timings of at least two models; senses that fewer than two were timed in are left out */
export function answersOf(timings: readonly Timing[], loading: readonly Contender[] = []): readonly Answer[] {
  const of = (name: string): Contender[] =>
    timings.filter((t) => t.case === name).map((t) => ({ model: t.model, ms: t.p50_ms }));
  const models = [...new Set(timings.map((t) => t.model))];
  /** Each model at its best. */
  const writing = models.flatMap((model) => {
    const times = [...of(caseNames.cached), ...of(caseNames.uncached)].filter((c) => c.model === model);
    return times.length === 0 ? [] : [{ model, ms: Math.min(...times.map((c) => c.ms)) }];
  });
  const anew = of(caseNames.uncached);
  const cached = of(caseNames.cached).filter(({ model }) => anew.some((c) => c.model === model));
  return [
    ...sentence("Reading", "To read the same text once", of(caseNames.read)),
    ...sentence("Filling a blank", "From the text to the word for its blank", of(caseNames.fill)),
    ...sentence("Writing", "For each token that it writes, at its best", writing),
    ...cached.map(({ model, ms }) => {
      const without = anew.find((c) => c.model === model)!.ms;
      return {
        sense: `What the cache of ${model} is worth`,
        sentence: `With its cache ${model} needs ${shown(ms)} for the next token and ${shown(without)} where it reads everything anew: ${gain(without / ms)}.`,
      };
    }),
    ...sentence("Tokenising", "To cut the text into tokens", of(caseNames.tokenise)),
    ...sentence("Starting", "To be loaded and give a first answer", loading),
  ];
}

function sentence(sense: string, task: string, contenders: readonly Contender[]): Answer[] {
  const order = [...contenders].sort((a, b) => a.ms - b.ms);
  if (order.length < 2) return [];
  const [first, second] = order as [Contender, Contender];
  const ratio = second.ms / first.ms;
  const list = order.map(({ model, ms }) => `${model} takes ${shown(ms)}`);
  const times = `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
  const verdict =
    ratio < ALIKE
      ? `${first.model} and ${second.model} are equally fast`
      : `${first.model} is ${ratio.toFixed(1)} times as fast${order.length > 2 ? ` as ${second.model}` : ""}`;
  return [{ sense, sentence: `${task}, ${times}: ${verdict}.` }];
}

const gain = (ratio: number): string =>
  ratio < ALIKE ? "at this length it gains nothing" : `${ratio.toFixed(1)} times as fast`;

const shown = (ms: number): string => `${Number(ms.toPrecision(3))} ms`;
