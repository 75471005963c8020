/** One text, token by token: what each is, and how likely it was. */
import { joined } from "../core/array.ts";
import { beginsAfterEnd, type LanguageModel } from "../generate/language-model.ts";
import { continuationOf } from "../text/stream-decoder.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { tokenLosses } from "./token-losses.ts";

export interface TokenScores {
  /** The text's pieces; a token that ends within a character is empty, and the one that completes it has it. */
  readonly tokens: readonly string[];
  /** Natural logarithms; undefined for a first token that nothing precedes. */
  readonly logProbabilities: readonly (number | undefined)[];
}

/**
 * The tokens of a text, each with its log-probability given those before it.
 * @throws UsageError where the text is beyond the context, or the model does not predict token by token
 */
export async function scoreText(lm: LanguageModel, text: string, signal?: AbortSignal): Promise<TokenScores> {
  const { tokenizer } = lm;
  const ids = tokenizer.encode(text);
  const begins = beginsAfterEnd(tokenizer);
  const row = begins ? joined([tokenizer.endOfText], ids) : ids;
  const [losses] = row.length > 1 ? await tokenLosses(lm, [row], signal) : [];
  const known = Array.from(losses ?? [], (nats) => -nats);
  return {
    tokens: tokenPieces(tokenizer, ids),
    logProbabilities: begins || ids.length === 0 ? known : [undefined, ...known],
  };
}

/** The text that each token adds behind a prompt; joined they are the whole without it. */
export const tokenPieces = (tokenizer: Tokenizer, ids: ArrayLike<number>, prompt = ""): string[] =>
  continuationOf(tokenizer, prompt).pieces(Array.from(ids));
