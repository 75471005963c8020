/**
 * How much a text reads like language to a model that did not write it: SLOR, the syntactic log-odds ratio (Pauls and
 * Klein 2012, "Large-scale syntactic language modeling with treelets"; Lau, Clark and Lappin 2017, "Grammaticality,
 * acceptability, and probability"). It is the log-likelihood of the text, less that of its tokens by their frequency
 * alone, for each token: what their order is worth. Rare words are not held against a text, and common ones are no merit.
 */
import type { LanguageModel } from "../../generate/language-model.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { scoreTexts } from "../likelihood.ts";

/** Bits of each token of texts by frequency alone, their ends included; every id is counted once more. */
function frequencyBits(tokenizer: Tokenizer, texts: readonly string[]): (text: string) => readonly number[] {
  const idsOf = (text: string) => [...tokenizer.encode(text), tokenizer.endOfText];
  const counts = new Float64Array(tokenizer.size).fill(1);
  let total = counts.length;
  for (const text of texts)
    for (const id of idsOf(text)) {
      counts[id]!++;
      total++;
    }
  return (text) => idsOf(text).map((id) => Math.log2(total / counts[id]!));
}

export interface AcceptabilityOptions {
  /** Texts of the same kind, from which the frequencies of tokens are counted. */
  readonly like: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * The SLOR of texts under `judge`, in bits per token, each read alone with its end: about 2 for what people write, 0 or
 * less for words in no order.
 */
export function acceptability(
  judge: LanguageModel,
  { like, signal }: AcceptabilityOptions,
): (texts: readonly string[]) => Promise<readonly number[]> {
  const byFrequency = frequencyBits(judge.tokenizer, like);
  return async (texts) => {
    if (texts.length === 0) return [];
    const scores = await scoreTexts(judge, texts, { alone: true, signal });
    return scores.texts.map(({ bits }, i) => {
      const tokens = byFrequency(texts[i]!);
      return (tokens.reduce((sum, one) => sum + one, 0) - bits) / tokens.length;
    });
  };
}
