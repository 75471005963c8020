/** One text, token by token: what each is, and how likely it was. */
import { beginsAfterEnd, type LanguageModel } from "../generate/language-model.ts";
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
  const row = begins ? Int32Array.of(tokenizer.endOfText, ...ids) : ids;
  const [losses] = row.length > 1 ? await tokenLosses(lm, [row], signal) : [];
  const known = Array.from(losses ?? [], (nats) => -nats);
  return {
    tokens: tokenPieces(tokenizer, ids),
    logProbabilities: begins || ids.length === 0 ? known : [undefined, ...known],
  };
}

/** The text that each token adds; joined they are the whole. */
export function tokenPieces(tokenizer: Tokenizer, ids: ArrayLike<number>): string[] {
  const list = Array.from(ids);
  if (tokenizer.kind === "character") return list.map((id) => tokenizer.decode([id]));
  let before = "";
  return list.map((_, k) => {
    const text = tokenizer.decode(list.slice(0, k + 1));
    if (k + 1 < list.length && text.endsWith("\ufffd")) return "";
    const piece = text.slice(before.length);
    before = text;
    return piece;
  });
}
