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
import { decodeHTMLStrict } from "entities";
import { foldAccents, foldTypography } from "./ascii.ts";

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
  readonly steps?: Readonly<Partial<Record<CleaningStep, boolean>>>;
  /** Keep every letter and sign, in Unicode's composed form (NFC). Default false. */
  readonly keepUnicode?: boolean;
}

export interface Cleaner {
  /** The steps that are on, in order. */
  readonly steps: readonly CleaningStep[];
  /** How many texts each step that is on has changed so far. */
  readonly changed: Readonly<Record<string, number>>;
  clean(text: string): string;
}

const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
  /[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffd]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const apply: Readonly<Record<CleaningStep, (text: string) => string>> = {
  // Twice, because texts that went through two web pages are often escaped twice (&amp;quot;).
  entities: (text) => (text.includes("&") ? decodeHTMLStrict(decodeHTMLStrict(text)) : text),
  typography: foldTypography,
  accents: foldAccents,
  control: (text) => text.replace(invisible, ""),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything above ASCII
  ascii: (text) => text.replace(/[^\x00-\x7f]+/g, ""),
  space: (text) => text.replace(/[\s\u0085]+/g, " ").trim(),
};

/** Something that a step might change: no printable ASCII, an entity, spaces that are not single or inside. */
const notPlain = /[^ -~]|&| {2}|^ | $/;

/** A cleaner with its own counts. */
export function createCleaner(options: CleaningOptions = {}): Cleaner {
  const { keepUnicode = false, steps: wanted = {} } = options;
  const names = Object.keys(cleaningSteps) as CleaningStep[];
  const standard = (name: CleaningStep) =>
    !keepUnicode || !(name === "typography" || name === "accents" || name === "ascii");
  const steps = names.filter((name) => wanted[name] ?? standard(name));
  const changed: Record<string, number> = Object.fromEntries(steps.map((name) => [name, 0]));
  return {
    steps,
    changed,
    clean(text) {
      if (!notPlain.test(text)) return text;
      let now = text;
      for (const name of steps) {
        const next = apply[name](now);
        if (next !== now) changed[name] = changed[name]! + 1;
        now = next;
      }
      return keepUnicode ? now.normalize("NFC") : now;
    },
  };
}
