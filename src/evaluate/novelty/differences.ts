/** What differs between two texts, word by word, for people to see. */
import { normaliseWithPositions, textOfUnits } from "./normaliser.ts";

/** A stretch of both texts; an empty range where only the other one has words. */
export interface Segment {
  /** `same`: the same words after normalisation; `changed`: replaced, inserted or left out. */
  readonly kind: "same" | "changed";
  /** `[from, to)` in the first text. */
  readonly a: readonly [number, number];
  /** `[from, to)` in the second text. */
  readonly b: readonly [number, number];
}

interface Word {
  readonly word: string;
  readonly from: number;
  readonly to: number;
}

/** Beyond so many pairs of words, the middle of both texts is shown as one change. */
const MOST_PAIRS = 4_000_000;

/**
 * A shortest script of word changes from `a` to `b` (longest common subsequence of their words), as
 * segments in order. Spaces and punctuation between two segments belong to neither.
 */
export function differences(a: string, b: string): Segment[] {
  const wordsA = words(a);
  const wordsB = words(b);
  const pairs = matchedWords(wordsA, wordsB);
  const segments: Segment[] = [];
  let i = 0;
  let j = 0;
  for (let k = 0; k < pairs.length; ) {
    const [p, q] = pairs[k]!;
    addChange(segments, wordsA, wordsB, i, p, j, q);
    let length = 1;
    while (pairs[k + length]?.[0] === p + length && pairs[k + length]?.[1] === q + length) length++;
    segments.push({ kind: "same", a: extent(wordsA, p, p + length), b: extent(wordsB, q, q + length) });
    i = p + length;
    j = q + length;
    k += length;
  }
  addChange(segments, wordsA, wordsB, i, wordsA.length, j, wordsB.length);
  return segments;
}

function words(text: string): Word[] {
  const { units, from, to } = normaliseWithPositions(text);
  const result: Word[] = [];
  let start = 1;
  for (let i = 1; i < units.length; i++) {
    if (units[i] !== 32) continue;
    const word = textOfUnits(units.subarray(start, i));
    result.push({ word, from: from[start]!, to: to[i - 1]! });
    start = i + 1;
  }
  return result;
}

function addChange(
  segments: Segment[],
  wordsA: readonly Word[],
  wordsB: readonly Word[],
  fromA: number,
  toA: number,
  fromB: number,
  toB: number,
): void {
  if (fromA === toA && fromB === toB) return;
  segments.push({ kind: "changed", a: extent(wordsA, fromA, toA), b: extent(wordsB, fromB, toB) });
}

/** Where the words `[from, to)` lie in their text; for none, the place where they would stand. */
function extent(list: readonly Word[], from: number, to: number): [number, number] {
  if (from < to) return [list[from]!.from, list[to - 1]!.to];
  const place = list[from]?.from ?? list.at(-1)?.to ?? 0;
  return [place, place];
}

/** Pairs of indices of a longest common subsequence. */
function matchedWords(a: readonly Word[], b: readonly Word[]): [number, number][] {
  const same = (i: number, j: number) => a[i]!.word === b[j]!.word;
  let start = 0;
  while (start < a.length && start < b.length && same(start, start)) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && same(a.length - 1 - end, b.length - 1 - end)) end++;
  const head = Array.from({ length: start }, (_, k): [number, number] => [k, k]);
  const tail = Array.from({ length: end }, (_, k): [number, number] => [
    a.length - end + k,
    b.length - end + k,
  ]);

  const rows = a.length - start - end;
  const columns = b.length - start - end;
  if (rows * columns > MOST_PAIRS) return [...head, ...tail];
  // lengths[i][j]: words in common of the rest from i and from j on
  const width = columns + 1;
  const lengths = new Uint16Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[i * width + j] = same(start + i, start + j)
        ? lengths[(i + 1) * width + j + 1]! + 1
        : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const middle: [number, number][] = [];
  for (let i = 0, j = 0; i < rows && j < columns; ) {
    if (same(start + i, start + j)) middle.push([start + i++, start + j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  }
  return [...head, ...middle, ...tail];
}
