/** Whether figures of several models compare, in pure functions for tables and sentences. */
import type { EncoderQuality } from "./encoder.ts";
import type { RunQuality } from "./run-quality.ts";

/** Whether a run's figures compare with those of the other runs, so that it may be ranked by them. */
export const isRanked = ({
  bits_per_character,
  unknown_words,
  own_texts,
}: Pick<RunQuality, "bits_per_character" | "unknown_words" | "own_texts">): boolean =>
  bits_per_character !== undefined && unknown_words === undefined && own_texts === undefined;

/** An encoder's perplexity beside that of the token frequencies, for a sentence. */
export function against({ perplexity, unigram_perplexity }: EncoderQuality): string {
  const figure = (n: number) => n.toFixed(n < 100 ? 1 : 0);
  return `its perplexity is ${figure(perplexity)} per token of the real texts, and that of the token frequencies ${figure(unigram_perplexity)}`;
}
