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

export interface TextQuality {
  readonly texts: number;
  /** Different n-grams / all n-grams over all texts together (Li et al., NAACL 2016), for n = 1, 2, 3. */
  readonly distinct: readonly [number, number, number];
  /** See self-bleu.ts; 0 (varied) to 1 (all the same). */
  readonly selfBleu: number;
  /** Mean over texts of 1 - different 4-grams / all 4-grams (seq-rep-4 of Welleck et al., ICLR 2020). */
  readonly repetition: number;
  /** Share of texts that equal an earlier one, except for white space around them. */
  readonly repeated: number;
  /** In code points. */
  readonly characters: Distribution;
  /** In words; punctuation does not count. */
  readonly words: Distribution;
  /** Share of texts that end by themselves; absent without `ended`. */
  readonly ended?: number | undefined;
  /** Different words in the texts. */
  readonly vocabulary: number;
  /** Share of all words that the reference texts have; absent without them. */
  readonly knownWords?: number | undefined;
  /** Share of the reference texts' different words that the texts have. */
  readonly vocabularyCovered?: number | undefined;
}

export interface DiversityOptions {
  /** Words of real texts, as `vocabularyOf` makes them. */
  readonly vocabulary?: ReadonlySet<string> | undefined;
  /** For each text, whether the model ended it by itself rather than at the longest length. */
  readonly ended?: readonly boolean[] | undefined;
  /** At most so many texts, evenly spaced, are compared for self-BLEU. Default 1000. */
  readonly selfBleuTexts?: number | undefined;
}

/** All measures of some texts. Shares of nothing are NaN. */
export function textQuality(texts: readonly string[], options: DiversityOptions = {}): TextQuality {
  const { vocabulary, ended, selfBleuTexts = 1000 } = options;
  const tokens = texts.map(tokensOf);
  const words = tokens.map((list) => list.filter(isWord));
  const counts = countsOf(words.flat());
  const trimmed = texts.map((text) => text.trim());
  return {
    texts: texts.length,
    distinct: [distinct(tokens, 1), distinct(tokens, 2), distinct(tokens, 3)],
    selfBleu: selfBleu(evenly(tokens, selfBleuTexts)),
    repetition: repetition(tokens),
    repeated: 1 - new Set(trimmed).size / trimmed.length,
    characters: distribution(texts.map((text) => [...text].length)),
    words: distribution(words.map((list) => list.length)),
    ended: ended && ended.filter(Boolean).length / ended.length,
    vocabulary: counts.size,
    ...(vocabulary && wordsShared(counts, vocabulary)),
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
  const seen = new Set<string>();
  let all = 0;
  for (const tokens of texts) {
    for (const ngram of ngrams(tokens, n)) {
      seen.add(ngram);
      all++;
    }
  }
  return seen.size / all;
}

/** Mean over the texts that have any n-gram of the share of their n-grams that repeat an earlier one. */
export function repetition(texts: readonly (readonly string[])[], n = 4): number {
  let sum = 0;
  let count = 0;
  for (const tokens of texts) {
    const all = ngrams(tokens, n);
    if (all.length === 0) continue;
    sum += 1 - new Set(all).size / all.length;
    count++;
  }
  return sum / count;
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

function wordsShared(counts: ReadonlyMap<string, number>, vocabulary: ReadonlySet<string>) {
  let all = 0;
  let known = 0;
  let types = 0;
  for (const [word, count] of counts) {
    all += count;
    if (!vocabulary.has(word)) continue;
    known += count;
    types++;
  }
  return { knownWords: known / all, vocabularyCovered: types / vocabulary.size };
}

function isWord(token: string): boolean {
  return /[\p{L}\p{N}]/u.test(token);
}
