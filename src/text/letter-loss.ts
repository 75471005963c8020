/**
 * How much a cleaning takes away, counted in letters. The number of texts would say nothing: a file in another script
 * keeps every text, reduced to full stops and digits.
 */
import { remember } from "../core/remember.ts";

export interface LetterLoss {
  /** Letters of all texts, in Unicode's composed form. */
  readonly letters: number;
  /** Letters that were removed or became others. */
  readonly changed: number;
  /** Words with such a letter, and words in all; one of a script without spaces is a run of letters. */
  readonly words: { readonly all: number; readonly changed: number };
  /** A piece of the first text that lost letters, before and after. */
  readonly example: { readonly before: string; readonly after: string } | undefined;
}

export interface LossCounter {
  /** @param text with its entities decoded already */
  add(text: string): void;
  loss(): LetterLoss;
}

const NO_LETTER = 0;
const KEPT = 1;
const CHANGED = 2;
type Fate = typeof NO_LETTER | typeof KEPT | typeof CHANGED;

/** Characters of an example, and of those how many may come before its first changed letter. */
const EXAMPLE = 60;
const LEAD = 20;

/** @param clean what happens to a text; a letter is changed where it does not stay itself */
export function createLossCounter(clean: (text: string) => string): LossCounter {
  const fates = new Map<string, Fate>();
  const fateOf = (character: string): Fate =>
    remember(fates, character, () =>
      !/\p{L}/u.test(character) ? NO_LETTER : clean(character) === character ? KEPT : CHANGED,
    );
  let letters = 0;
  let changed = 0;
  const words = { all: 0, changed: 0 };
  let example: LetterLoss["example"];

  const walk = (text: string): number => {
    let first = -1;
    let inWord = false;
    let wordChanged = false;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      let fate: Fate;
      if (code < 0x80) {
        const lower = code | 32;
        fate = lower > 96 && lower < 123 ? KEPT : NO_LETTER;
      } else {
        const character = String.fromCodePoint(text.codePointAt(i)!);
        fate = fateOf(character);
        i += character.length - 1;
      }
      if (fate === NO_LETTER) {
        // A combining mark is no letter and ends no word.
        if (code < 0x80 || !/\p{M}/u.test(text[i]!)) inWord = false;
        continue;
      }
      letters++;
      if (!inWord) {
        words.all++;
        wordChanged = false;
      }
      inWord = true;
      if (fate === KEPT) continue;
      changed++;
      if (!wordChanged) words.changed++;
      wordChanged = true;
      if (first < 0) first = i;
    }
    return first;
  };

  return {
    add(text) {
      const composed = text.normalize("NFC");
      const first = walk(composed);
      if (first < 0 || example !== undefined) return;
      const before = excerpt(composed, first);
      example = { before, after: clean(before) };
    },
    loss: () => ({ letters, changed, words: { ...words }, example }),
  };
}

/** The text around a place, cut between words where there are some. */
function excerpt(text: string, place: number): string {
  const lead = text.slice(Math.max(0, place - LEAD), place);
  const piece = [...(place <= LEAD ? lead : lead.slice(lead.indexOf(" ") + 1)), ...text.slice(place)]
    .slice(0, EXAMPLE + 1)
    .join("");
  const whole = piece.length > EXAMPLE ? piece.slice(0, EXAMPLE).replace(/(?<=\s)\S*$/, "") : piece;
  return whole.replace(/\s+/g, " ").trim();
}

/** Shares of letters, or of words, that are worth a warning, and the share of letters that is too much. */
const WORTH_SAYING = { letters: 0.02, words: 0.08 } as const;
const TOO_MUCH = 0.5;

/**
 * `some`: more than 2 % of the letters, or more than 8 % of the words, as in German, are no longer what they were;
 * `most`: more than half of the letters.
 */
export function gravityOf({ letters, changed, words }: LetterLoss): "none" | "some" | "most" {
  if (changed > TOO_MUCH * letters) return "most";
  const some = changed > WORTH_SAYING.letters * letters || words.changed > WORTH_SAYING.words * words.all;
  return some ? "some" : "none";
}
