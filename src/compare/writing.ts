/** Each model asked to go on with the text: a causal one does what it was made for, a masked one as it can. */
import { fillMasks } from "../generate/fill.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { sample } from "../generate/sample.ts";
import type { Blank } from "./blank.ts";
import { kindOf } from "./kind.ts";

export interface Writing {
  /** How it was done. */
  readonly task: string;
  readonly text: string;
}

/** Tokens that a masked model is given to fill. */
const MASKS = 8;
/** Tokens that a model writes which is asked to go on. */
export const WRITTEN_TOKENS = 8;
const CHARACTERS = 40;

/** The likeliest continuation: token by token from the left, or a row of masks filled with the surest first. */
export async function writeOn(lm: LanguageModel, { left }: Blank): Promise<Writing> {
  if (kindOf(lm.model) === "masked") {
    const masks = Array.from({ length: MASKS }, () => "[MASK]").join(" ");
    const { text } = await fillMasks(lm, `${left} ${masks}.`, { topK: 1, iterative: true });
    return { task: `fills ${MASKS} masks, the surest first`, text };
  }
  const maxLength = lm.tokenizer.kind === "character" ? CHARACTERS : WRITTEN_TOKENS;
  const [written] = await sample(lm, { prompt: left, temperature: 0, maxLength, slide: true });
  return { task: "goes on, always with the likeliest token", text: left + written!.text };
}
