/**
 * The form in which novelty compares texts: letters without accents and in lower case, words apart by one
 * space, everything that is neither letter, mark nor digit taken as a space, apostrophes dropped ("Don't" is
 * "dont"). Each character of a script that writes no spaces is a word of its own.
 *
 * It keeps what src/text/normalise.ts gives up: the way back from each character to the original, to mark the
 * shared stretches there, and the same result for a part of a text as for the whole.
 * A text that has words begins and ends with a space, so that " art " is not found inside " smart ".
 */
import { foldAccents } from "../../text/ascii.ts";

const SPACE = 32;
const SEPARATES = 0;
const DROPPED = 1;
const FIRST_NON_ASCII = 128;
/** Below this code unit no combining mark exists, so characters stand alone. */
const FIRST_MARK = 0x300;

const WORD_CHARACTER = /[\p{L}\p{M}\p{N}]/u;
const WORD_ALONE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const MARK = /\p{M}/u;
const APOSTROPHES = "'\u2018\u2019\u02bc\u2032`";

/** What each ASCII code unit becomes: a unit, or SEPARATES or DROPPED. */
const asciiFold = Uint8Array.from({ length: FIRST_NON_ASCII }, (_, c) => {
  const character = String.fromCharCode(c);
  if (APOSTROPHES.includes(character)) return DROPPED;
  return /[a-z0-9]/i.test(character) ? character.toLowerCase().charCodeAt(0) : SEPARATES;
});

/** A normalised text with, for each of its code units, where in the original text it came from. */
export interface NormalisedText {
  readonly units: Uint16Array;
  /** `units[i]` comes from the original's `[from[i], to[i])`; empty for the spaces around words. */
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** `text` as it is compared, such as `" why did the chicken "`; `""` where it has no word. */
export function normaliseText(text: string): string {
  const normaliser = new Normaliser();
  normaliser.add(text);
  return textOfUnits(normaliser.units);
}

/** UTF-16 code units as a string, however many. */
export function textOfUnits(units: Uint16Array): string {
  let text = "";
  for (let i = 0; i < units.length; i += 8192) text += String.fromCharCode(...units.subarray(i, i + 8192));
  return text;
}

/** `text` as it is compared, with the way back to the original. */
export function normaliseWithPositions(text: string): NormalisedText {
  const normaliser = new Normaliser(true);
  normaliser.add(text);
  return normaliser;
}

/** The words of `text` as they are compared. */
export function wordsOf(text: string): string[] {
  const normalised = normaliseText(text);
  return normalised === "" ? [] : normalised.slice(1, -1).split(" ");
}

/** Appends normalised texts to one growing array of UTF-16 code units. */
export class Normaliser implements NormalisedText {
  #units = new Uint16Array(256);
  #from: Int32Array;
  #to: Int32Array;
  #length = 0;
  readonly #positions: boolean;
  /** What single non-ASCII characters become, as most repeat. */
  readonly #folded = new Map<string, string>();

  /** @param positions whether to keep where each unit came from (positions restart with each text) */
  constructor(positions = false) {
    this.#positions = positions;
    this.#from = new Int32Array(positions ? 256 : 0);
    this.#to = new Int32Array(positions ? 256 : 0);
  }

  get length(): number {
    return this.#length;
  }

  /** The units so far; a view that the next `add` may leave behind. */
  get units(): Uint16Array {
    return this.#units.subarray(0, this.#length);
  }

  get from(): Int32Array {
    return this.#from.subarray(0, this.#length);
  }

  get to(): Int32Array {
    return this.#to.subarray(0, this.#length);
  }

  /** Appends the normalised `text`. */
  add(text: string): void {
    const before = this.#length;
    let inWord = false;
    for (let i = 0; i < text.length; ) {
      const code = text.charCodeAt(i);
      const alone = i + 1 === text.length || text.charCodeAt(i + 1) < FIRST_MARK;
      if (code < FIRST_NON_ASCII && alone) {
        const unit = asciiFold[code]!;
        if (unit === SEPARATES) inWord = false;
        else if (unit !== DROPPED) {
          if (!inWord) this.push(SPACE, i, i);
          this.push(unit, i, i + 1);
          inWord = true;
        }
        i++;
      } else {
        const end = clusterEnd(text, i);
        inWord = this.#addCluster(text.slice(i, end), i, end, inWord);
        i = end;
      }
    }
    if (this.#length > before) this.push(SPACE, text.length, text.length);
  }

  /** Appends one unit that stands for the original's `[from, to)`. */
  push(unit: number, from = 0, to = 0): void {
    if (this.#length === this.#units.length) this.#grow();
    this.#units[this.#length] = unit;
    if (this.#positions) {
      this.#from[this.#length] = from;
      this.#to[this.#length] = to;
    }
    this.#length++;
  }

  /** Appends one character with its marks; returns whether a word goes on behind it. */
  #addCluster(cluster: string, from: number, to: number, inWord: boolean): boolean {
    for (const character of this.#fold(cluster)) {
      if (WORD_CHARACTER.test(character)) {
        const alone = WORD_ALONE.test(character);
        if (!inWord || alone) this.push(SPACE, from, from);
        for (let k = 0; k < character.length; k++) this.push(character.charCodeAt(k), from, to);
        inWord = !alone;
      } else if (!APOSTROPHES.includes(character)) inWord = false;
    }
    return inWord;
  }

  #fold(cluster: string): string {
    let folded = this.#folded.get(cluster);
    if (folded === undefined) {
      folded = APOSTROPHES.includes(cluster) ? cluster : foldAccents(cluster).normalize("NFKC").toLowerCase();
      if (this.#folded.size < 65_536) this.#folded.set(cluster, folded);
    }
    return folded;
  }

  #grow(): void {
    const capacity = Math.ceil(this.#units.length * 1.5);
    this.#units = enlarge(this.#units, new Uint16Array(capacity));
    if (this.#positions) {
      this.#from = enlarge(this.#from, new Int32Array(capacity));
      this.#to = enlarge(this.#to, new Int32Array(capacity));
    }
  }
}

function enlarge<T extends Uint16Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** End of the character at `start` with the combining marks that follow it. */
function clusterEnd(text: string, start: number): number {
  let end = start;
  do {
    end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  } while (end < text.length && MARK.test(String.fromCodePoint(text.codePointAt(end)!)));
  return end;
}
