/**
 * The form in which novelty compares texts: letters without accents and in lower case, words apart by one
 * space, everything that is neither letter, mark nor digit taken as a space, apostrophes dropped ("Don't" is
 * "dont"). Each character of a script that writes no spaces is a word of its own.
 *
 * Unlike src/text/normalise.ts, it keeps the position of each character in the original, to mark the shared stretches
 * there, and gives the same result for a part of a text as for the whole.
 * A text that has words begins and ends with a space, so that " art " is not found inside " smart ".
 */
import { foldAccents } from "../../text/ascii.ts";
import { wordAlone } from "../../text/normalise.ts";

const SPACE = 32;
const SEPARATES = 0;
const DROPPED = 1;
const FIRST_NON_ASCII = 128;
/** Below this code unit there are no combining marks. */
const FIRST_MARK = 0x300;

const WORD_CHARACTER = /[\p{L}\p{M}\p{N}]/u;
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

/** UTF-16 code units as a string, however many. */
export function textOfUnits(units: Uint16Array): string {
  let text = "";
  for (let i = 0; i < units.length; i += 8192) text += String.fromCharCode(...units.subarray(i, i + 8192));
  return text;
}

/** `text` as it is compared, with the positions in the original. */
export function normaliseWithPositions(text: string): NormalisedText {
  const normaliser = new Normaliser(true);
  normaliser.add(text);
  const { units, from, to } = normaliser;
  return { units, from, to };
}

/** Appends normalised texts to one growing array of UTF-16 code units. */
export class Normaliser {
  #units = new Uint16Array(256);
  #from: Int32Array;
  #to: Int32Array;
  #length = 0;
  readonly #positions: boolean;
  /** A cache: the normalised forms of characters with their marks. */
  readonly #pieces = new Map<string, readonly Piece[]>();
  /** A cache: which code points are combining marks. */
  readonly #marks = new Map<number, boolean>();

  /** @param positions whether to keep where each unit came from (positions restart with each text) */
  constructor(positions = false) {
    this.#positions = positions;
    this.#from = new Int32Array(positions ? 256 : 0);
    this.#to = new Int32Array(positions ? 256 : 0);
  }

  get length(): number {
    return this.#length;
  }

  /** The units so far; a view that is only valid until the next `add`. */
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
        const end = this.#clusterEnd(text, i);
        inWord = this.#addCluster(text.slice(i, end), i, end, inWord);
        i = end;
      }
    }
    if (this.#length > before) this.push(SPACE, text.length, text.length);
  }

  /** Appends one unit, which comes from the original's `[from, to)`. */
  push(unit: number, from = 0, to = 0): void {
    if (this.#length === this.#units.length) this.#grow();
    this.#units[this.#length] = unit;
    if (this.#positions) {
      this.#from[this.#length] = from;
      this.#to[this.#length] = to;
    }
    this.#length++;
  }

  /** Appends one character with its marks; returns whether a word continues after it. */
  #addCluster(cluster: string, from: number, to: number, inWord: boolean): boolean {
    for (const { kind, text } of this.#piecesOf(cluster)) {
      if (kind === "separator") {
        inWord = false;
        continue;
      }
      if (!inWord || kind === "word") this.push(SPACE, from, from);
      for (let k = 0; k < text.length; k++) this.push(text.charCodeAt(k), from, to);
      inWord = kind === "letter";
    }
    return inWord;
  }

  #piecesOf(cluster: string): readonly Piece[] {
    let pieces = this.#pieces.get(cluster);
    if (pieces === undefined) {
      pieces = fold(cluster);
      if (this.#pieces.size < 65_536) this.#pieces.set(cluster, pieces);
    }
    return pieces;
  }

  /** End of the character at `start` with the combining marks that follow it. */
  #clusterEnd(text: string, start: number): number {
    let end = start;
    let next: number;
    do {
      end += text.codePointAt(end)! > 0xffff ? 2 : 1;
      next = end < text.length ? text.codePointAt(end)! : 0;
    } while (next >= FIRST_MARK && this.#isMark(next));
    return end;
  }

  #isMark(codePoint: number): boolean {
    let mark = this.#marks.get(codePoint);
    if (mark === undefined) {
      mark = MARK.test(String.fromCodePoint(codePoint));
      this.#marks.set(codePoint, mark);
    }
    return mark;
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

/** Part of what a character becomes: a letter of a word, a word by itself, or what separates words. */
interface Piece {
  readonly kind: "letter" | "word" | "separator";
  readonly text: string;
}

function fold(cluster: string): Piece[] {
  if (APOSTROPHES.includes(cluster)) return [];
  const folded = foldAccents(cluster).normalize("NFKC").toLowerCase();
  return [...folded]
    .filter((character) => !APOSTROPHES.includes(character))
    .map((text) => ({
      kind:
        wordAlone.test(text) && WORD_CHARACTER.test(text)
          ? "word"
          : WORD_CHARACTER.test(text)
            ? "letter"
            : "separator",
      text,
    }));
}
