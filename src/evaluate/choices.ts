/** What a model thought at each token of a text: how likely the token was, and what it would rather have written. */
import { createDecoder } from "../generate/decoders/create.ts";
import { candidatesOf } from "../generate/fill.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { tokenPieces } from "../generate/log-probabilities.ts";
import { promptIds } from "../generate/sample.ts";
import { logSumExp } from "../generate/sampler.ts";

export interface Choice {
  /** As it is written; empty for the token that ends a text. */
  readonly token: string;
  /** At temperature 1, of all tokens. */
  readonly probability: number;
}

/** A token of a text: its probability given those before it, and the likeliest tokens in its place. */
export interface TokenChoice extends Choice {
  /** Likeliest first; the token itself may be among them. */
  readonly instead: readonly Choice[];
}

/**
 * The first `most` tokens of a text, each with the `top` likeliest in its place, as a model reads it from the beginning.
 * Probabilities have four decimals.
 * @throws the reason of `signal`, where it was aborted
 */
export async function choicesOf(
  lm: LanguageModel,
  text: string,
  { top = 5, most = 120, signal }: { top?: number; most?: number; signal?: AbortSignal | undefined } = {},
): Promise<TokenChoice[]> {
  const { tokenizer, model } = lm;
  const ids = tokenizer.encode(text).subarray(0, most);
  const size = Math.min(tokenizer.size, model.config.vocab_size);
  const decoder = createDecoder(lm, { overflow: "slide" });
  const choices: TokenChoice[] = [];
  try {
    let next = promptIds(lm, "");
    for (const [i, token] of tokenPieces(tokenizer, ids).entries()) {
      signal?.throwIfAborted();
      const logits = await (i === 0 ? decoder.start(next, signal) : decoder.append(next));
      const scores = logits.subarray(0, size);
      const likeliest = candidatesOf(scores, top, (id) => shown(lm, id), size);
      choices.push({
        token,
        probability: rounded(Math.exp(scores[ids[i]!]! - logSumExp(scores))),
        instead: likeliest.map((one) => ({ token: one.token, probability: rounded(one.probability) })),
      });
      next = ids.slice(i, i + 1);
    }
  } finally {
    await decoder.release();
  }
  return choices;
}

/** What comes after a beginning: every token with the natural logarithm of its probability, likeliest first. */
export interface NextToken {
  readonly beginning: string;
  readonly tokens: readonly string[];
  /** Three decimals. */
  readonly logProbabilities: readonly number[];
}

export async function nextTokens(lm: LanguageModel, beginnings: readonly string[]): Promise<NextToken[]> {
  const { tokenizer, model } = lm;
  const size = Math.min(tokenizer.size, model.config.vocab_size);
  const decoder = createDecoder(lm);
  const all: NextToken[] = [];
  try {
    for (const beginning of beginnings) {
      const scores = (await decoder.start(promptIds(lm, beginning))).slice(0, size);
      const logZ = logSumExp(scores);
      const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
      all.push({
        beginning,
        tokens: order.map((id) => shown(lm, id)),
        logProbabilities: order.map((id) => Number((scores[id]! - logZ).toFixed(3))),
      });
    }
  } finally {
    await decoder.release();
  }
  return all;
}

const shown = ({ tokenizer }: LanguageModel, id: number): string =>
  id === tokenizer.endOfText ? "" : tokenizer.decode([id]);

const rounded = (probability: number): number => Number(probability.toFixed(4));
