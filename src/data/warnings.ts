/** Warnings and refusals of a preparation: lost letters, line breaks, many near duplicates. */
import { InputError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import type { CleaningOptions } from "../text/clean.ts";
import { gravityOf, type LetterLoss } from "../text/letter-loss.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { unknownToken, unknownWords } from "../text/unknown-words.ts";
import type { DataSummary } from "./summary.ts";

const keepLetters = option("cleaning.keepUnicode", true);
const plainAscii = option("cleaning.keepUnicode", false);

/** The loss as the document has it. */
export const lossOf = ({ letters, changed, example }: LetterLoss): DataSummary["cleaning_loss"] => ({
  letters,
  changed,
  share: letters === 0 ? 0 : changed / letters,
  example: example ?? null,
});

/** The options that decide whether a loss is wanted. */
interface CleaningChoice {
  readonly cleaning?: CleaningOptions | false | undefined;
  readonly vocabulary?: string | Tokenizer | undefined;
  readonly allowLoss?: boolean | undefined;
}

/**
 * @throws InputError `letters-lost` where cleaning removes more than half of the letters and no option asks for that
 */
export function refuseLoss(
  loss: LetterLoss,
  from: string,
  { cleaning, vocabulary, allowLoss }: CleaningChoice,
): void {
  const asked = cleaning === false || cleaning?.keepUnicode !== undefined;
  if ((allowLoss ?? asked) || gravityOf(loss) !== "most") return;
  const remedy =
    allowLoss === false || (typeof vocabulary === "object" && vocabulary.kind === "character")
      ? `The model's own texts were cleaned like that: take one that was trained on texts like these with ${keepLetters}, or ask for plain ASCII with ${plainAscii}.`
      : `Keep them with ${keepLetters}, or ask for plain ASCII with ${plainAscii}.`;
  throw new InputError(
    "letters-lost",
    `${from} would lose most of its letters when it is cleaned to plain ASCII: ${lossText(loss)}. ${remedy}`,
    {
      letters: loss.letters,
      changed: loss.changed,
    },
  );
}

/** A remark for the error of too few texts, where cleaning may be the reason; else empty. */
export const lossRemark = (loss: LetterLoss): string =>
  gravityOf(loss) === "none"
    ? ""
    : ` Cleaning changed ${percent(loss.changed, loss.letters)} of their letters; ${keepLetters} keeps them.`;

/** Share of the texts from which near duplicates are worth a warning. */
const MANY_NEAR = 0.2;

export interface Findings {
  readonly loss: LetterLoss;
  /** Texts with line breaks that became spaces. */
  readonly broken: number;
  /** Whether a line break ends a text. */
  readonly ends: boolean;
  /** Texts dropped as near duplicates, of so many compared. */
  readonly near: number;
  readonly compared: number;
  readonly pairs: readonly (readonly [dropped: string, kept: string])[];
  /** A tokenizer that was not made from these texts, and the texts that it has to spell. */
  readonly tokenizer?: Tokenizer | undefined;
  readonly texts?: readonly string[] | undefined;
}

/** Share of unknown words that is worth a warning; a vocabulary of words leaves rare ones out on purpose. */
const manyUnknown = ({ kind }: Tokenizer): number => (kind === "word" ? 0.2 : 0.02);
/** Texts that are checked for unknown words. */
const LOOKED_AT = 500;
/** Characters checked of each: one text may be a whole book. */
const LONGEST = 20_000;

/** Warns of words that a model's vocabulary lacks: BERT's would read a Cyrillic file as nothing but `[UNK]`. */
export function unknownWarning(tokenizer: Tokenizer, texts: readonly string[]): string[] {
  if (unknownToken(tokenizer) === undefined) return [];
  const some = texts.slice(0, LOOKED_AT).map((text) => text.slice(0, LONGEST));
  const unknown = some.flatMap((text) => unknownWords(tokenizer, text));
  const words = some.reduce((sum, text) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
  if (unknown.length <= manyUnknown(tokenizer) * words) return [];
  return [
    `The model's vocabulary cannot spell ${percent(unknown.length, words)} of the words of these texts, such as ${quoted(unknown[0]!)}: it sees ${unknownToken(tokenizer)} in their place.`,
  ];
}

export function warningsOf({ loss, broken, ends, near, compared, pairs, ...read }: Findings): string[] {
  const warnings = read.tokenizer ? unknownWarning(read.tokenizer, read.texts ?? []) : [];
  if (gravityOf(loss) !== "none")
    warnings.push(
      `Cleaning changes the letters of these texts: ${lossText(loss)}. ${keepLetters} keeps every letter.`,
    );
  if (broken > 0) {
    const texts = broken === 1 ? "1 text" : `${count(broken)} texts`;
    const remedy = ends
      ? `here a line break ends a text. ${option("end", "TEXT")} ends texts otherwise, and line breaks are learned.`
      : `${option("cleaning.steps.space", false)} keeps them.`;
    warnings.push(`Line breaks inside ${texts} became spaces${ends ? ": " : "; "}${remedy}`);
  }
  if (near > MANY_NEAR * compared) {
    const [dropped, kept] = pairs[0]!;
    warnings.push(
      `${percent(near, compared)} of the texts were dropped as near copies of others, such as ${quoted(dropped)}, ` +
        `which is near ${quoted(kept)}. ${option("nearDuplicates.words", 0.9)} drops fewer, ${option("nearDuplicates", false)} none.`,
    );
  }
  return warnings;
}

function lossText({ letters, changed, example }: LetterLoss): string {
  const { before, after } = example!;
  return `${percent(changed, letters)} of them are removed or altered (${count(changed)} of ${count(letters)}), as where ${JSON.stringify(before)} becomes ${JSON.stringify(after)}`;
}

const count = (n: number): string => n.toLocaleString("en-US");

const percent = (part: number, all: number): string => {
  const share = (100 * part) / all;
  return `${share < 10 ? share.toFixed(1) : Math.round(share)} %`;
};

/** The beginning of a text on one line. */
function quoted(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return JSON.stringify(line.length > 80 ? `${[...line].slice(0, 77).join("")}...` : line);
}
