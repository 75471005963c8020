/**
 * Can training texts be extracted from a model? It gets the head of a text and has to complete it.
 *
 * - Greedy: the share of texts that the most likely tokens complete word for word (discoverable
 *   extraction: Carlini et al., "Quantifying memorization across neural language models", ICLR 2023).
 * - Under sampling: the probability p of drawing the rest in one try, of which 1 - (1 - p)^tries are the
 *   chances in several (Hayes et al., "Measuring memorization through probabilistic discoverable
 *   extraction", arXiv 2410.19482). It detects what greedy decoding just misses.
 *
 * The same is measured with texts that the model never saw, since some texts are easy to guess.
 */
import { type Rate, rateOf } from "../intervals.ts";

/** What extraction needs of a model. */
export interface Completer {
  /** The text's first `tokens` tokens and the rest, or undefined where it has no more than that. */
  cut(text: string, tokens: number): TextCut | undefined;
  /**
   * The greedy continuation of each head: as many tokens as its cut has left, or fewer where the model ends.
   */
  complete(cuts: readonly TextCut[]): Promise<readonly string[]>;
}

export interface TextCut {
  readonly head: string;
  readonly rest: string;
  /** Tokens of `rest`. */
  readonly restTokens: number;
}

/** Natural-log probabilities under a model. */
export interface Scorer {
  /**
   * For each pair, the log-probability of every token of `rest` after `head`, under the distribution that
   * is sampled from (its temperature and truncation applied); -Infinity for a token that is cut off.
   * An empty head is the beginning of a text.
   */
  score(
    pairs: readonly { readonly head: string; readonly rest: string }[],
  ): Promise<readonly ArrayLike<number>[]>;
}

export interface ExtractionOptions {
  /** Tokens of each text that the model is given. Default 10. */
  readonly prefix?: number | undefined;
  /** Texts of a batch. Default 32. */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The texts that greedy decoding completes word for word, of those longer than the prefix. */
export interface ExtractionRate extends Rate {
  /** Expected share of texts drawn in so many tries, where a scorer was given. */
  readonly sampled?: readonly { readonly tries: number; readonly rate: number }[] | undefined;
}

export interface Extraction {
  readonly prefix: number;
  readonly training: ExtractionRate;
  readonly heldout: ExtractionRate;
}

/** Extraction of training texts and, for comparison, of held-out texts. */
export async function measureExtraction(
  model: Completer & Partial<Scorer>,
  texts: { readonly training: readonly string[]; readonly heldout: readonly string[] },
  options: ExtractionOptions = {},
): Promise<Extraction> {
  const { prefix = 10 } = options;
  const cut = (list: readonly string[]) =>
    list.map((text) => model.cut(text, prefix)).filter((c): c is TextCut => c !== undefined && c.rest !== "");
  return {
    prefix,
    training: await extractionRate(model, cut(texts.training), options),
    heldout: await extractionRate(model, cut(texts.heldout), options),
  };
}

/** Tries for which the chances are given. */
const tries = [1, 10, 100, 1000];

async function extractionRate(
  model: Completer & Partial<Scorer>,
  cuts: readonly TextCut[],
  { batch = 32, signal }: ExtractionOptions,
): Promise<ExtractionRate> {
  let copies = 0;
  const logs: number[] = [];
  for (let i = 0; i < cuts.length; i += batch) {
    signal?.throwIfAborted();
    const some = cuts.slice(i, i + batch);
    const completions = await model.complete(some);
    some.forEach(({ rest }, k) => {
      if (completions[k]?.startsWith(rest)) copies++;
    });
    for (const tokens of (await model.score?.(some)) ?? []) logs.push(sum(tokens));
  }
  const mean = (count: number) => logs.reduce((all, log) => all + chanceIn(count, log), 0) / logs.length;
  return {
    ...rateOf(copies, cuts.length),
    sampled: logs.length === 0 ? undefined : tries.map((count) => ({ tries: count, rate: mean(count) })),
  };
}

/** 1 - (1 - p)^tries for p = exp(log), without loss where p is tiny. */
export function chanceIn(tries: number, log: number): number {
  if (log >= 0) return 1;
  return -Math.expm1(tries * Math.log1p(-Math.exp(log)));
}

export const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
