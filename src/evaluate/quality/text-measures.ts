/**
 * Measures of a set of texts, with the names of the document of `punchline report --json`. Compare each only with the
 * same measure of as many real texts.
 */
import type { Rate } from "../intervals.ts";
import { copyRate } from "../novelty/audit.ts";
import { type Judge, judgeAll } from "../novelty/auditor.ts";
import { type Diversity, type DiversityOptions, diversityOf } from "./diversity.ts";

export interface TextMeasures extends Diversity {
  readonly novelty: Rate & {
    /** Share of runs of 4 words that do not occur in the training texts; null where no text has 4 words. */
    readonly novel_4grams: number | null;
  };
}

export interface MeasureOptions extends DiversityOptions {
  /** The auditor of the training texts, which finds copies. */
  readonly auditor: Judge;
  readonly signal?: AbortSignal | undefined;
}

/** The measures of some texts. Yields to the event loop now and then. */
export async function measureTexts(
  texts: readonly string[],
  { auditor, vocabulary, ended, signal }: MeasureOptions,
): Promise<TextMeasures> {
  const judged = await judgeAll(auditor, texts, { signal });
  const { copies, rate, n, interval } = copyRate(judged);
  const grams = judged.reduce((sum, { spans }) => sum + Math.max(0, spans.words - 3), 0);
  const found = judged.reduce((sum, { spans }) => sum + spans.found[3]!, 0);
  return {
    ...diversityOf(texts, { vocabulary, ended }),
    novelty: { copies, rate, n, interval, novel_4grams: grams === 0 ? null : 1 - found / grams },
  };
}
