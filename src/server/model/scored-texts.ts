/** Tokens with their log-probabilities as text, one after the other. */
import type { ScoredToken } from "../../generate/batching/batcher.ts";
import { isEnd, type LanguageModel } from "../../generate/language-model.ts";
import { type Continuation, continuationOf } from "../../text/stream-decoder.ts";

/** Tokens before an alternative that its spelling can depend on. */
const CONTEXT = 8;

export interface SpelledToken {
  /** What it adds to the text: nothing where it ends the text, or within a character, which the next one completes. */
  readonly text: string;
  /** Natural logarithm. */
  readonly logProbability: number;
  /** Best first. */
  readonly alternatives: readonly { readonly text: string; readonly logProbability: number }[];
}

type Speller = Pick<LanguageModel, "tokenizer" | "stopAtEos" | "ends">;

/** @param prompt the text before the first token */
export function spelling(lm: Speller, prompt = ""): (token: ScoredToken) => SpelledToken {
  const { tokenizer } = lm;
  const continuation: Continuation = continuationOf(tokenizer, prompt);
  const stream = continuation.stream();
  const before: number[] = [];
  const ends = (id: number) => isEnd(lm, id);
  return ({ id, logProbability, alternatives }) => {
    const others = alternatives.map((other) => ({
      text: ends(other.id) ? "" : continuation.pieces([...before, other.id]).at(-1)!,
      logProbability: other.logProbability,
    }));
    const text = ends(id) ? "" : stream.push(id);
    before.push(id);
    if (before.length > CONTEXT) before.shift();
    return { text, logProbability, alternatives: others };
  };
}
