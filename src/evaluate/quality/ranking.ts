/** Which figures of several models can be compared: pure functions for tables and sentences. */
import type { EncoderQuality } from "./encoder.ts";
import type { RunQuality } from "./measure-run.ts";

/** Whether a run's bits can be compared with those of the other runs, so that it is ranked. */
export const isRanked = ({
  bits_per_character,
  unknown_words,
  own_texts,
}: Pick<RunQuality, "bits_per_character" | "unknown_words" | "own_texts">): boolean =>
  bits_per_character !== undefined && unknown_words === undefined && own_texts === undefined;

/** An encoder's perplexity and that of the token frequencies, for a sentence. */
export function encoderPerplexities({ perplexity, unigram_perplexity }: EncoderQuality): string {
  const figure = (n: number) => n.toFixed(n < 100 ? 1 : 0);
  return `its perplexity is ${figure(perplexity)} per token of the real texts, and that of the token frequencies ${figure(unigram_perplexity)}`;
}
