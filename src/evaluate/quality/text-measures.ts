/**
 * Measures of a set of texts, with the names of the document of `punchline report --json`. Compare each only with the
 * same measure of as many real texts.
 */
import { copyRate } from "../novelty/audit.ts";
import type { Judge } from "../novelty/auditor.ts";
import { type Distribution, textQuality } from "./diversity.ts";

export interface TextMeasures {
  /** Number of texts measured. */
  readonly texts: number;
  /** Different n-grams of words / all of them, n = 1, 2, 3. */
  readonly distinct: readonly [number, number, number];
  readonly self_bleu: number;
  /** Share of a text's 4-grams that repeat an earlier one of that text, mean over texts. */
  readonly repetition: number;
  /** Share of texts that equal an earlier one. */
  readonly repeated: number;
  /** In characters. */
  readonly length: Distribution;
  readonly words: Distribution;
  /** Share of texts that ended by themselves; absent where that is unknown. */
  readonly ended?: number | undefined;
  /** Share of the words that occur in the training texts; case does not count. */
  readonly real_words: number;
  /** Different words. */
  readonly vocabulary: number;
  /** Share of the training texts' different words that the texts use. */
  readonly vocabulary_covered: number;
  readonly novelty: {
    readonly copies: number;
    readonly rate: number | null;
    readonly n: number;
    readonly interval: readonly [low: number, high: number];
    /** Share of runs of 4 words that do not occur in the training texts; null where no text has 4 words. */
    readonly novel_4grams: number | null;
  };
}

export interface MeasureOptions {
  /** The auditor of the training texts, which finds copies. */
  readonly auditor: Judge;
  /** Words that count as real. */
  readonly vocabulary: ReadonlySet<string>;
  readonly ended?: readonly boolean[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The measures of some texts. Yields to the event loop now and then. */
export async function measureTexts(
  texts: readonly string[],
  { auditor, vocabulary, ended, signal }: MeasureOptions,
): Promise<TextMeasures> {
  const quality = textQuality(texts, { vocabulary, ended });
  const judged = [];
  for (const text of texts) {
    judged.push(auditor.judge(text));
    if (judged.length % 32 === 0) await new Promise((resume) => setTimeout(resume));
    signal?.throwIfAborted();
  }
  const { copies, rate, n, interval } = copyRate(judged);
  const grams = judged.reduce((sum, { spans }) => sum + Math.max(0, spans.words - 3), 0);
  const found = judged.reduce((sum, { spans }) => sum + spans.found[3]!, 0);
  return {
    texts: texts.length,
    distinct: quality.distinct,
    self_bleu: quality.selfBleu,
    repetition: quality.repetition,
    repeated: quality.repeated,
    length: quality.characters,
    words: quality.words,
    ended: quality.ended,
    real_words: quality.knownWords ?? Number.NaN,
    vocabulary: quality.vocabulary,
    vocabulary_covered: quality.vocabularyCovered ?? Number.NaN,
    novelty: { copies, rate, n, interval, novel_4grams: grams === 0 ? null : 1 - found / grams },
  };
}
