/**
 * A prompt as a model can read it: cleaned as the texts that it learned, so that a phone's quotation marks are no
 * strangers to a model of characters.
 *
 * @example
 * readPrompt(lm, "It\u2019s \u00dcber").text; // "It's Uber", where the training texts were cleaned to ASCII
 */
import { InputError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { excerpt } from "../core/printable.ts";
import { foldAccents, foldTypography } from "../text/ascii.ts";
import { cleanPrompt } from "../text/clean.ts";
import type { LanguageModel } from "./language-model.ts";

export interface ReadPrompt {
  /** What the model reads, without the characters of `unread`. */
  readonly text: string;
  /** Characters that a vocabulary of characters lacks, each once. */
  readonly unread: string;
}

type Reading = Pick<LanguageModel, "tokenizer" | "cleaning">;

/** A prompt, or the beginning of a text, as the model reads it. A model of which nothing is known reads it as it is. */
export function readPrompt(lm: Reading, prompt: string): ReadPrompt {
  const { tokenizer, cleaning } = lm;
  const cleaned = withoutEnds(lm, cleaning ? cleanPrompt(cleaning, prompt) : prompt);
  if (tokenizer.kind !== "character") return { text: cleaned, unread: "" };
  const known = (character: string) => tokenizer.id(character) !== undefined;
  let text = "";
  const unread = new Set<string>();
  for (const character of cleaned) {
    // The nearest plain form is a better guess than none: \u00e9 as e.
    const plain = known(character) ? character : foldAccents(foldTypography(character));
    if (plain !== "" && [...plain].every(known)) text += plain;
    else unread.add(character);
  }
  return { text, unread: [...unread].join("") };
}

/**
 * The text that a model reads for a prompt which is to be gone on with.
 * @throws InputError `unknown-character` where the vocabulary lacks a character of it, `empty-prompt` where
 * nothing of it is left
 */
export function promptText(lm: Reading & Pick<LanguageModel, "name">, prompt: string): string {
  const { text, unread } = readPrompt(lm, prompt);
  const [character] = unread;
  if (character !== undefined) {
    const point = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
    throw new InputError(
      "unknown-character",
      `The vocabulary has no character ${JSON.stringify(character)} (${point}), which is in "${excerpt(prompt)}"; write it without, or take a model that was trained on such texts with ${option("keepUnicode")}.`,
      { character, codePoint: point },
    );
  }
  if (text.trim() === "" && prompt.trim() !== "")
    throw new InputError(
      "empty-prompt",
      `Nothing is left of the prompt "${excerpt(prompt)}" when it is cleaned as the texts of ${lm.name} were; write it in letters that the model knows.`,
      { prompt },
    );
  return text;
}

/** Where a line break ends a text, none is inside the texts that were learned. */
function withoutEnds({ tokenizer, cleaning }: Reading, text: string): string {
  const ends =
    (tokenizer.kind === "character" || tokenizer.kind === "word") &&
    tokenizer.token(tokenizer.endOfText) === "\n";
  if (!ends || cleaning === undefined || cleaning.lineBreaks) return text;
  // Not by `\s*\n`, which takes the square of the time for spaces without a line break.
  return text.replace(/\s+/g, (space) => (space.includes("\n") ? " " : space));
}
