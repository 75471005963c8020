/** One text, token by token: what each is, and how likely it was. */
import { joined } from "../core/array.ts";
import { type Abortable, abortableNames, checkOptions, checkText } from "../core/options.ts";
import { continuationOf } from "../text/stream-decoder.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { beginOf, checkModel, type LanguageModel } from "./language-model.ts";
import { tokenLosses } from "./token-losses.ts";

export interface ScoredText {
  /** The text's pieces; a token that ends within a character is empty, and the one that completes it has it. */
  readonly tokens: readonly string[];
  /** Natural logarithm of each token's probability; undefined for a first token that the model does not predict. */
  readonly logProbabilities: readonly (number | undefined)[];
}

/**
 * The tokens of a text, each with its natural log-probability given those before it.
 *
 * @example
 * const { tokens, logProbabilities: values } = await logProbabilities(lm, "Why did the chicken");
 * tokens.forEach((token, i) => console.log(token, values[i]));
 * @throws UsageError where the text is beyond the context, or the model does not predict token by token
 */
export async function logProbabilities(
  lm: LanguageModel,
  text: string,
  options: Abortable = {},
): Promise<ScoredText> {
  checkModel(lm);
  checkText(text);
  checkOptions(options, abortableNames);
  const { tokenizer } = lm;
  const ids = tokenizer.encode(text);
  const begin = beginOf(tokenizer);
  const begins = begin !== undefined;
  const row = begins ? joined([begin], ids) : ids;
  const [losses] = row.length > 1 ? await tokenLosses(lm, [row], options.signal) : [];
  const known = Array.from(losses ?? [], (nats) => -nats);
  return {
    tokens: tokenPieces(tokenizer, ids),
    logProbabilities: begins || ids.length === 0 ? known : [undefined, ...known],
  };
}

/** The text that each token adds behind a prompt; joined they are the whole without it. */
export const tokenPieces = (tokenizer: Tokenizer, ids: ArrayLike<number>, prompt = ""): string[] =>
  continuationOf(tokenizer, prompt).pieces(Array.from(ids));
