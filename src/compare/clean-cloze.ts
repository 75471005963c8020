/** The text of a comparison as a model reads it: in the form for its kind, cleaned as its own texts were. */
import type { LanguageModel } from "../generate/language-model.ts";
import { promptText, readPrompt } from "../generate/prompt.ts";
import { type Cloze, clozeFor, withPlainQuotes } from "./cloze.ts";
import { kindOf } from "./facts.ts";

export interface SuitedCloze {
  readonly cloze: Cloze;
  /** Whether cleaning it as the model's own texts were has changed it. */
  readonly cleaned: boolean;
}

export function suitedCloze(lm: LanguageModel, given: Cloze): SuitedCloze {
  const suited = clozeFor(kindOf(lm.model), given);
  const cloze = cleanCloze(lm, suited);
  const cleaned = lm.cleaning !== undefined && (cloze.left !== suited.left || cloze.right !== suited.right);
  return { cloze, cleaned };
}

/** The text cleaned as the model's own texts were, or with plain quotes where that is not known. */
export function cleanCloze(lm: LanguageModel, cloze: Cloze): Cloze {
  if (lm.cleaning === undefined) return withPlainQuotes(cloze);
  const { left, right } = cloze;
  return { left: promptText(lm, left), right: right === undefined ? undefined : readPrompt(lm, right).text };
}
