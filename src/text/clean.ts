/**
 * Cleaning: raw text from the web to plain text that a small vocabulary can spell.
 *
 * Six steps, each of which can be left out, run in this order: HTML entities are decoded, typographic marks
 * and then accented letters become their nearest ASCII, control and invisible characters go, what is not ASCII
 * after that goes, and white space shrinks to single spaces. A cleaner counts the texts that each step changed.
 *
 * @example
 * const cleaner = createCleaner();
 * cleaner.clean("“Caf\u00e9” &amp; bar…"); // '"Cafe" & bar...'
 */
import { decodeHTMLStrict } from "entities/decode";
import { optionNames } from "../core/options.ts";
import { foldAccents, foldTypography } from "./ascii.ts";
import { createLossCounter, type LetterLoss } from "./letter-loss.ts";

/** The steps in the order in which they run, with what each does, for tables and help texts. */
export const cleaningSteps = {
  entities: "HTML entities decoded",
  typography: "typographic quotes, dashes, ellipses to ASCII",
  accents: "accented and ligature letters to ASCII",
  control: "control and invisible characters removed",
  ascii: "other non-ASCII characters removed",
  space: "white space and line breaks to single spaces",
} as const;

export type CleaningStep = keyof typeof cleaningSteps;

export interface CleaningOptions {
  /** Steps to switch on or off. Default: all on; with `keepUnicode`, `typography`, `accents` and `ascii` off. */
  readonly steps?: Readonly<Partial<Record<CleaningStep, boolean>>> | undefined;
  /** Keep every letter and sign, in Unicode's composed form (NFC). Default false. */
  readonly keepUnicode?: boolean | undefined;
  /** The step `space` keeps line breaks, without white space around them. Default false. */
  readonly lineBreaks?: boolean | undefined;
}

export const cleaningOptionNames = optionNames<keyof CleaningOptions>()("steps keepUnicode lineBreaks", {
  steps: { names: Object.keys(cleaningSteps), inner: {} },
});

/** A cleaning with nothing left to a default: kept with a model, so that other texts are cleaned as its own were. */
export interface TextCleaning {
  /** The steps that are on, in order. */
  readonly steps: readonly CleaningStep[];
  readonly keepUnicode: boolean;
  readonly lineBreaks: boolean;
}

export interface Cleaner {
  readonly cleaning: TextCleaning;
  /** How many texts each step that is on has changed so far. */
  readonly changed: Readonly<Record<string, number>>;
  /** How many letters of the texts so far are no longer what they were. */
  readonly loss: LetterLoss;
  clean(text: string): string;
}

const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
  /[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffd]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

type Steps = Readonly<Record<CleaningStep, (text: string) => string>>;

const apply: Steps = {
  // Twice, because texts that went through two web pages are often escaped twice (&amp;quot;).
  entities: (text) => (text.includes("&") ? decodeHTMLStrict(decodeHTMLStrict(text)) : text),
  typography: foldTypography,
  accents: foldAccents,
  control: (text) => text.replace(invisible, ""),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything above ASCII
  ascii: (text) => text.replace(/[^\x00-\x7f]+/g, ""),
  space: (text) => singleSpaces(text).trim(),
};

const singleSpaces = (text: string): string => text.replace(/[\s\u0085]+/g, " ");
const singleSpacesInLines = (text: string): string =>
  text
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n ?/g, "\n");

const withLineBreaks: Steps = { ...apply, space: (text) => singleSpacesInLines(text).trim() };

/**
 * The steps for a prompt, which a model continues: white space at its end has a meaning, and letters that have no
 * ASCII form stay, so that a vocabulary without them can report them.
 */
const ofPrompts: Steps = {
  ...apply,
  // A mark is removed with its base character, such as the one that gives an emoji its colour.
  ascii: (text) => text.replace(/(?:[^\p{ASCII}\p{L}\p{M}\p{N}]|(?<=^|\p{ASCII})\p{M})\p{M}*/gu, ""),
  space: singleSpaces,
};

/** Something that a step might change: no printable ASCII, an entity, spaces that are not single or inside. */
const notPlain = /[^ -~]|&| {2}|^ | $/;

/** Every step of {@link cleaningSteps}, in order. */
const stepNames = Object.keys(cleaningSteps) as CleaningStep[];

/** The options with every default filled in; false is no cleaning at all. */
export function resolveCleaning(options: CleaningOptions | false = {}): TextCleaning {
  if (options === false) return { steps: [], keepUnicode: false, lineBreaks: true };
  const { keepUnicode = false, lineBreaks = false, steps = {} } = options;
  const standard = (name: CleaningStep) =>
    !keepUnicode || !(name === "typography" || name === "accents" || name === "ascii");
  return { steps: stepNames.filter((name) => steps[name] ?? standard(name)), keepUnicode, lineBreaks };
}

/** A cleaner with its own counts. */
export function createCleaner(options: CleaningOptions | false = {}): Cleaner {
  const cleaning = resolveCleaning(options);
  const { steps, keepUnicode, lineBreaks } = cleaning;
  const how = lineBreaks ? withLineBreaks : apply;
  const changed: Record<string, number> = Object.fromEntries(steps.map((name) => [name, 0]));
  const run = (text: string, count: boolean): string => {
    let now = text;
    for (const name of steps) {
      const next = how[name](now);
      if (count && next !== now) changed[name] = changed[name]! + 1;
      now = next;
    }
    return keepUnicode ? now.normalize("NFC") : now;
  };
  const counter = createLossCounter((text) => run(text, false));
  return {
    cleaning,
    changed,
    get loss() {
      return counter.loss();
    },
    clean(text) {
      const decoded = steps.includes("entities") ? apply.entities(text) : text;
      counter.add(decoded);
      return notPlain.test(text) ? run(text, true) : text;
    },
  };
}

/**
 * A prompt cleaned as the texts of a model were. White space at its ends stays, as single spaces, and so do
 * letters that have no ASCII form.
 */
export function cleanPrompt({ steps, keepUnicode, lineBreaks }: TextCleaning, prompt: string): string {
  const how = lineBreaks ? { ...ofPrompts, space: singleSpacesInLines } : ofPrompts;
  const cleaned = steps.reduce((text, name) => how[name](text), prompt);
  return keepUnicode ? cleaned.normalize("NFC") : cleaned;
}
