/** The perplexity of one text under a model. */
import { type Abortable, abortableNames, checkOptions, checkText } from "../core/options.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import type { HostedModel } from "../generate/text-model.ts";
import { evaluateModel } from "./hosted-likelihood.ts";

/**
 * The perplexity of a text: the exponential of the mean negative log-likelihood of its tokens, in nats per token. A text
 * longer than the context is read in overlapping windows; a masked model gives its pseudo-perplexity. Compare models of
 * different vocabularies by `evaluateModel`, which also has bits per character.
 *
 * @example
 * await perplexity(lm, "Why did the chicken cross the road?"); // 7.4
 * @throws InputError `too-short` where nothing is predicted, and as `evaluateModel`
 */
export async function perplexity(
  model: LanguageModel | HostedModel,
  text: string,
  options: Abortable = {},
): Promise<number> {
  checkText(text);
  checkOptions(options, abortableNames);
  return (await evaluateModel(model, [text], { kind: "text", signal: options.signal })).perplexity;
}
