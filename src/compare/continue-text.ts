/** How each model continues the text: a causal one token by token, a masked one by filling masks. */
import { fillMasks } from "../generate/fill.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { sample } from "../generate/sample.ts";
import type { Cloze } from "./cloze.ts";
import { kindOf } from "./facts.ts";

export interface ContinuedText {
  /** How it was done. */
  readonly task: string;
  readonly text: string;
}

/** Masks that a masked model fills. */
const MASKS = 8;
/** Tokens that a causal model writes. */
export const CONTINUATION_TOKENS = 8;
const CHARACTERS = 40;

/** The likeliest continuation: token by token from the left, or a row of masks filled, the surest first. */
export async function continueText(lm: LanguageModel, { left }: Cloze): Promise<ContinuedText> {
  if (kindOf(lm.model) === "masked") {
    const masks = Array.from({ length: MASKS }, () => "[MASK]").join(" ");
    const { text } = await fillMasks(lm, `${left} ${masks}.`, { topK: 1, iterative: true });
    return { task: `fills ${MASKS} masks, the surest first`, text };
  }
  const maxLength = lm.tokenizer.kind === "character" ? CHARACTERS : CONTINUATION_TOKENS;
  const [written] = await sample(lm, { prompt: left, temperature: 0, maxLength, slide: true });
  return { task: "goes on, always with the likeliest token", text: left + written!.text };
}
