/** Texts of which only some stretches are learned, such as the turns of one speaker. */
import { wholeCharacter } from "../core/utf16.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/** A text of which only some stretches are learned. */
export interface LearnedText {
  readonly text: string;
  /** Where each stretch begins and ends, one pair after the other, in UTF-16 code units; in order, and apart. */
  readonly learned: readonly number[];
}

/**
 * The ids of a text, and for each whether it is learned. They are those of the whole text wherever the beginnings up to
 * each stretch, which the model reads when it is asked, have the same ids; else each stretch has its own.
 */
export function encodeLearned(
  tokenizer: Pick<Tokenizer, "encode">,
  { text, learned }: LearnedText,
): { readonly ids: Int32Array; readonly counts: Uint8Array } {
  const bounds = [0, ...learned, text.length];
  const parts = bounds.slice(1).map((end, i) => tokenizer.encode(text.slice(bounds[i], end)));
  const whole = tokenizer.encode(text);
  const joined = Int32Array.from(parts.flatMap((part) => [...part]));
  /** @param at the place among the ids of each number of `learned` */
  const places = (at: readonly number[], ids: Int32Array) => {
    const counts = new Uint8Array(ids.length);
    for (let i = 0; i < at.length; i += 2) counts.fill(1, at[i], at[i + 1]);
    return { ids, counts };
  };
  const ends = endsOf(parts.slice(0, -1));
  if (equal(joined, whole)) return places(ends, whole);
  const found = placesIn(whole, tokenizer, [...learned, text.length], text);
  return found ? places(found, whole) : places(ends, joined);
}

/** How far back a tokenizer may look, in UTF-16 code units: what is spelt does not depend on what is before that. */
const CONTEXT = 512;

/**
 * How many of a text's ids each beginning of it has; undefined where the ids of one, or of the whole text, are not those
 * of the one before it and more. A beginning is read from some way back on, since reading each from its first
 * character would take time by the square of how many there are.
 * @param ends of the beginnings, in order; the last is that of the text
 */
function placesIn(
  whole: Int32Array,
  tokenizer: Pick<Tokenizer, "encode">,
  ends: readonly number[],
  text: string,
): number[] | undefined {
  const places: number[] = [];
  let [start, last, place] = [0, 0, 0];
  let before: Int32Array = new Int32Array();
  for (const end of ends) {
    if (last - start > 2 * CONTEXT) {
      start = wholeCharacter(text, last - CONTEXT);
      before = tokenizer.encode(text.slice(start, last));
    }
    const ids = tokenizer.encode(text.slice(start, end));
    const added = ids.subarray(before.length);
    const goesOn = equal(before, ids.subarray(0, before.length));
    if (!goesOn || !equal(added, whole.subarray(place, place + added.length))) return undefined;
    [before, last, place] = [ids, end, place + added.length];
    places.push(place);
  }
  return place === whole.length ? places.slice(0, -1) : undefined;
}

const equal = (a: Int32Array, b: Int32Array): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i]);

/** Where each part ends when they follow each other. */
function endsOf(parts: readonly Int32Array[]): number[] {
  let end = 0;
  return parts.map(({ length }) => (end += length));
}
