/** What a model reads of a prompt, said once where it is not what was given. */
import { type LanguageModel, promptText, readPrompt, type TextModel } from "../index.ts";
import type { Context } from "./context.ts";

/**
 * The prompt as the model reads it; of a hosted model, as it is.
 * @throws InputError as `promptText`
 */
export function shownPrompt(ctx: Context, model: TextModel, prompt: string): string {
  if (model.kind === "hosted") return prompt;
  const text = promptText(model.lm, prompt);
  if (text !== prompt) ctx.warn(readAs("The prompt", text));
  return text;
}

/** The same of a text that is typed, whose characters may be left out: undefined where it is read as it is. */
export function typedAs(lm: LanguageModel, typed: string): string | undefined {
  const { text, unread } = readPrompt(lm, typed);
  const left = [...typed].filter((character) => !unread.includes(character)).join("");
  return text === left ? undefined : text;
}

export const readAs = (what: string, text: string): string =>
  `${what} is read as ${JSON.stringify(text)}, cleaned as the texts of the model were.`;
