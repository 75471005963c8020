/**
 * Measures of a set of texts: how varied, how repetitive, how long, how well spelled. None of them means "good" by
 * itself; compare them with the same measures of real texts.
 */
import { quantile } from "../../core/quantile.ts";
import { evenly } from "../evenly.ts";
import { countsOf, ngrams, tokensOf } from "../ngram-counts.ts";
import { selfBleu } from "./self-bleu.ts";

/** Five numbers and two means of some values; all NaN where there is no value. */
export interface Distribution {
  readonly mean: number;
  /** Population standard deviation (divided by n). */
  readonly deviation: number;
  readonly min: number;
  readonly p5: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** In the names of the document of `punchline report --json`. Compare each only with the same measure of as many real texts. */
export interface Diversity {
  /** Number of texts measured. */
  readonly texts: number;
  /** Different n-grams / all n-grams over all texts together (Li et al., NAACL 2016), for n = 1, 2, 3. */
  readonly distinct: readonly [number, number, number];
  /** See self-bleu.ts; 0 (varied) to 1 (all the same). */
  readonly self_bleu: number;
  /** Mean over texts of 1 - different 4-grams / all 4-grams (seq-rep-4 of Welleck et al., ICLR 2020). */
  readonly repetition: number;
  /** Share of texts that equal an earlier one, except for white space around them. */
  readonly repeated: number;
  /** In characters (code points). */
  readonly length: Distribution;
  /** In words; punctuation does not count. */
  readonly words: Distribution;
  /** Share of texts that end by themselves; absent where that is unknown. */
  readonly ended?: number | undefined;
  /** Share of all words that the real texts have; case does not count. */
  readonly real_words: number;
  /** Different words in the texts. */
  readonly vocabulary: number;
  /** Share of the real texts' different words that the texts have. */
  readonly vocabulary_covered: number;
}

export interface DiversityOptions {
  /** Words of real texts, as `vocabularyOf` makes them. */
  readonly vocabulary: ReadonlySet<string>;
  /** For each text, whether the model ended it by itself rather than at the longest length. */
  readonly ended?: readonly boolean[] | undefined;
}

/** At most so many texts, evenly spaced, are compared for self-BLEU. */
const COMPARED = 1000;

/** All measures of some texts. Shares of nothing are NaN. */
export function diversityOf(texts: readonly string[], { vocabulary, ended }: DiversityOptions): Diversity {
  const tokens = texts.map(tokensOf);
  const words = tokens.map((list) => list.filter(isWord));
  const all = words.flat();
  const counts = countsOf(all);
  const known = [...counts].filter(([word]) => vocabulary.has(word));
  const trimmed = texts.map((text) => text.trim());
  return {
    texts: texts.length,
    distinct: [distinct(tokens, 1), distinct(tokens, 2), distinct(tokens, 3)],
    self_bleu: selfBleu(evenly(tokens, COMPARED)),
    repetition: repetition(tokens),
    repeated: 1 - new Set(trimmed).size / trimmed.length,
    length: distribution(texts.map((text) => [...text].length)),
    words: distribution(words.map((list) => list.length)),
    ended: ended && ended.filter(Boolean).length / ended.length,
    real_words: known.reduce((sum, [, count]) => sum + count, 0) / all.length,
    vocabulary: counts.size,
    vocabulary_covered: known.length / vocabulary.size,
  };
}

/** The different words of some texts, lower case. */
export function vocabularyOf(texts: Iterable<string>): Set<string> {
  const words = new Set<string>();
  for (const text of texts) for (const token of tokensOf(text)) if (isWord(token)) words.add(token);
  return words;
}

/** Different n-grams / all n-grams of all texts. */
export function distinct(texts: readonly (readonly string[])[], n: number): number {
  const all = texts.flatMap((tokens) => ngrams(tokens, n));
  return new Set(all).size / all.length;
}

/** Mean over the texts that have any n-gram of the share of their n-grams that repeat an earlier one. */
export function repetition(texts: readonly (readonly string[])[], n = 4): number {
  const lists = texts.map((tokens) => ngrams(tokens, n)).filter((all) => all.length > 0);
  return lists.reduce((sum, all) => sum + (1 - new Set(all).size / all.length), 0) / lists.length;
}

/** Quantiles are interpolated linearly between the values in order. */
export function distribution(values: readonly number[]): Distribution {
  const sorted = Float64Array.from(values).sort();
  const mean = sorted.reduce((a, b) => a + b, 0) / sorted.length;
  const variance = sorted.reduce((sum, v) => sum + (v - mean) ** 2, 0) / sorted.length;
  return {
    mean,
    deviation: Math.sqrt(variance),
    min: quantile(sorted, 0),
    p5: quantile(sorted, 0.05),
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    max: quantile(sorted, 1),
  };
}

function isWord(token: string): boolean {
  return /[\p{L}\p{N}]/u.test(token);
}
