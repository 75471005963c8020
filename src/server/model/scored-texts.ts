/** Tokens with their log-probabilities as text, one after the other. */
import type { ScoredToken } from "../../generate/batching/batcher.ts";
import { isEnd, type LanguageModel } from "../../generate/language-model.ts";
import { type Continuation, continuationOf } from "../../text/stream-decoder.ts";

export interface SpelledToken {
  /** What it adds to the text: nothing where it ends the text, or within a character, which the next one completes. */
  readonly text: string;
  /** Natural logarithm. */
  readonly logProbability: number;
  /** Best first. */
  readonly alternatives: readonly { readonly text: string; readonly logProbability: number }[];
}

type Speller = Pick<LanguageModel, "tokenizer" | "stopAtEos" | "ends">;

/** @param continuation of the text before the first token. Default: there is none */
export function spelling(
  lm: Speller,
  continuation: Continuation = continuationOf(lm.tokenizer, ""),
): (token: ScoredToken) => SpelledToken {
  const stream = continuation.stream();
  const ends = (id: number) => isEnd(lm, id);
  return ({ id, logProbability, alternatives }) => {
    const others = alternatives.map((other) => ({
      text: ends(other.id) ? "" : stream.peek(other.id),
      logProbability: other.logProbability,
    }));
    const text = ends(id) ? "" : stream.push(id);
    return { text, logProbability, alternatives: others };
  };
}
