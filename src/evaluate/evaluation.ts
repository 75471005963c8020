/** The scores of a text: loss, perplexities, bits. */
import { InputError } from "../core/errors.ts";
import { notFinite } from "../core/finite.ts";

export interface TextCounts {
  /** Unicode characters. */
  readonly characters: number;
  /** Of the UTF-8 form. */
  readonly bytes: number;
  /** Separated by white space. */
  readonly words: number;
}

export interface Evaluation extends TextCounts {
  /** Nats per token. */
  readonly loss: number;
  /** Per token: the exponential of the loss. */
  readonly perplexity: number;
  /** The exponential of the nats of a word, which compares models of different vocabularies. */
  readonly perplexity_per_word: number;
  readonly perplexity_per_byte: number;
  readonly bits_per_character: number;
  readonly bits_per_byte: number;
  readonly tokens: number;
  /** Words that the vocabulary lacks. Each counts as one token in the loss, and with its spelling in the rest. */
  readonly unknown: number;
  /** Most tokens that one prediction had before it, or in its window. */
  readonly context: number;
  /** For models that read overlapping windows: the new tokens that each window scored. */
  readonly stride?: number | undefined;
  /**
   * `pseudo`: each token was hidden in turn and predicted from both sides (Salazar et al. 2020). Do not compare it with
   * the likelihood of a model that predicts from the left.
   */
  readonly likelihood?: "pseudo" | undefined;
}

/** Counts one by one: lists of the characters and words of a long text would take many times its memory. */
export function countText(text: string): TextCounts {
  let [characters, words] = [0, 0];
  for (const _ of text) characters++;
  for (const _ of text.matchAll(/\S+/g)) words++;
  return { characters, bytes: new TextEncoder().encode(text).length, words };
}

/** The counts of several texts together. @param ends whether the end of each text counts, as one character */
export function countTexts(texts: readonly string[], ends: boolean): TextCounts {
  const all = { characters: 0, bytes: 0, words: 0 };
  for (const text of texts) {
    const { characters, bytes, words } = countText(text);
    all.characters += characters + Number(ends);
    all.bytes += bytes + Number(ends);
    all.words += words;
  }
  return all;
}

export interface ScoredTokens {
  readonly nats: number;
  readonly tokens: number;
  /** Words that the vocabulary lacks, and the nats of spelling them. Default none. */
  readonly unknown?: number | undefined;
  readonly spelling?: number | undefined;
}

/**
 * @param counts of what was scored
 * @throws InputError `too-short` where nothing was; PunchlineError `not-finite` where a perplexity is no number
 */
export function evaluationOf(
  { nats, tokens, unknown = 0, spelling = 0 }: ScoredTokens,
  counts: TextCounts,
  how: Pick<Evaluation, "context" | "stride" | "likelihood">,
): Evaluation {
  const { characters, bytes, words } = counts;
  if (tokens === 0)
    throw new InputError("too-short", "There is nothing to score: no token is to be predicted.");
  const whole = nats + spelling;
  const [loss, perplexity] = [nats / tokens, Math.exp(nats / tokens)];
  if (!Number.isFinite(perplexity)) throw notFinite(`a loss of ${loss.toPrecision(3)} nats per token`);
  return {
    loss,
    perplexity,
    perplexity_per_word: Math.exp(whole / words),
    perplexity_per_byte: Math.exp(whole / bytes),
    bits_per_character: whole / Math.LN2 / characters,
    bits_per_byte: whole / Math.LN2 / bytes,
    tokens,
    unknown,
    ...counts,
    ...how,
  };
}
