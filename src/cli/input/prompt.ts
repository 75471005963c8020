/** Texts on the command line or in a file, and prompts as a model reads them, with a warning where that is not what was given. */
import { UsageError } from "../../core/errors.ts";
import { excerpt } from "../../core/printable.ts";
import { readTextFile } from "../../files/regular-file.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { promptText, readPrompt } from "../../generate/prompt.ts";
import type { TextModel } from "../../generate/text-model.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { unknownToken, unknownWords } from "../../text/unknown-words.ts";
import type { Context } from "../context.ts";

/**
 * The prompt as the model reads it; unchanged for a hosted model.
 * @param then the end of the warning about words that the vocabulary lacks
 * @throws InputError as `promptText`
 */
export function promptAsRead(ctx: Context, model: TextModel, prompt: string, then = ""): string {
  if (model.kind === "hosted") return prompt;
  const text = promptText(model, prompt);
  if (text !== prompt) ctx.warn(cleaningNote("The prompt", text));
  const lacking = lackingNote(model.tokenizer, text);
  if (lacking !== undefined) ctx.warn(`${lacking}${then}.`);
  return text;
}

/** About words of the prompt that the vocabulary replaces by its unknown token; undefined without any. */
function lackingNote(tokenizer: Tokenizer, prompt: string): string | undefined {
  const words = [...new Set(unknownWords(tokenizer, prompt))];
  if (words.length === 0) return undefined;
  const some = words.slice(0, 3).map((word) => JSON.stringify(excerpt(word)));
  const more = words.length > 3 ? ` and ${words.length - 3} more` : "";
  return `The vocabulary cannot spell ${some.join(", ")}${more} of the prompt: the model sees ${unknownToken(tokenizer)} there`;
}

/** Most characters of a quoted prompt, which may be a whole file. */
const LONGEST = 300;

/** A typed text as the model reads it, without characters that it lacks; undefined if only these differ. */
export function typedTextAsRead(lm: LanguageModel, typed: string): string | undefined {
  const { text, unread } = readPrompt(lm, typed);
  const left = [...typed].filter((character) => !unread.includes(character)).join("");
  return text === left ? undefined : text;
}

export const cleaningNote = (what: string, text: string): string =>
  `${what} is read as ${JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)}, cleaned as the texts of the model were.`;

/** The text of a whole file, without line breaks around it. @throws UsageError for a file without text */
export async function textOfFile(path: string): Promise<string> {
  const text = (await readTextFile(path)).replace(/^\s*\n|\s+$/g, "");
  if (text === "") throw new UsageError(`${path} holds no text; give one that does.`);
  return text;
}

/**
 * A text from the command line or from a file; undefined if neither is given.
 * @param place the text's name on the command line, such as `TEXT` or `--prompt`
 */
export async function textFrom(
  given: string | undefined,
  file: string | undefined,
  place: string,
): Promise<string | undefined> {
  if (file === undefined) return given;
  if (given !== undefined && given !== "")
    throw new UsageError(`The text is given twice, by ${place} and --text-file; leave one out.`);
  return textOfFile(file);
}
