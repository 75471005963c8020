/** Texts of which only some stretches are learned, such as the turns of one speaker. */
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
  const beginnings = learned.map((end) => tokenizer.encode(text.slice(0, end)));
  if (!beginnings.every((ids) => equal(ids, whole.subarray(0, ids.length)))) return places(ends, joined);
  return places(
    beginnings.map(({ length }) => length),
    whole,
  );
}

const equal = (a: Int32Array, b: Int32Array): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i]);

/** Where each part ends when they follow each other. */
function endsOf(parts: readonly Int32Array[]): number[] {
  let end = 0;
  return parts.map(({ length }) => (end += length));
}
