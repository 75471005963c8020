/**
 * Matching statistics: for each position of a text, how many symbols from there on occur in the data
 * (Chang and Lawler, "Sublinear approximate string matching and biological applications", Algorithmica 12,
 * 1994). All shared spans follow from them.
 */
import { BOUNDARY, SPACE, type SuffixRange, type TrainingIndex } from "./training-index.ts";

/** Matches longer than this are left by a search for their end instead of symbol by symbol. */
const SKIP_FROM = 16;

/**
 * Length of the longest match in the index of `sample[i..]`, for each i.
 *
 * The time is the sample's length times the steps of a search, also where sample and data both repeat a
 * short period: what was found for one period is copied along the stretch that repeats it.
 */
export function matchLengths(index: TrainingIndex, sample: Uint16Array): Int32Array {
  const lengths = new Int32Array(sample.length);
  for (let i = 0; i < sample.length; ) {
    const length = index.longestMatch(sample, i).length;
    const end = i + length;
    // Until a match reaches beyond `end`, each position matches up to `end` exactly.
    const next = length < SKIP_FROM ? i + 1 : end === sample.length ? end : nextMatch(index, sample, i, end);
    lengths[i] = length;
    for (let k = i + 1; k < next; k++) lengths[k] = end - k;
    i = length < SKIP_FROM ? next : copyPeriods(sample, lengths, i, next);
  }
  return lengths;
}

/**
 * Where `sample` repeats itself from `start` on with the period `next - start`, a match that ends, with the
 * symbol that ends it, inside the repetition is as long as the one a period before. Fills in such lengths
 * from `next` on and returns the first position that is still unknown.
 */
function copyPeriods(sample: Uint16Array, lengths: Int32Array, start: number, next: number): number {
  const period = next - start;
  let from = start;
  let repeats = start; // sample[start..repeats) is the same a period later
  while (next < sample.length) {
    const needed = from + lengths[from]! + 1;
    while (
      repeats < needed &&
      repeats + period < sample.length &&
      sample[repeats] === sample[repeats + period]
    )
      repeats++;
    if (repeats < needed) break;
    lengths[next++] = lengths[from++]!;
  }
  return next;
}

/** The first position behind `start` from which a match includes `sample[end]`; that is monotone. */
function nextMatch(index: TrainingIndex, sample: Uint16Array, start: number, end: number): number {
  const reaches = (i: number) => index.longestMatch(sample, i, end + 1).length === end + 1 - i;
  let step = 4;
  let below = end + 1;
  while (below - step > start && reaches(below - step)) {
    below -= step;
    step *= 2;
  }
  let above = Math.max(start, below - step); // does not reach
  while (below - above > 1) {
    const middle = (below + above) >>> 1;
    if (reaches(middle)) below = middle;
    else above = middle;
  }
  return below;
}

/**
 * Length of the longest training text that is whole in `sample[start..end)` from `start` on, with both
 * its spaces; 0 where there is none.
 */
export function wholeTextAt(index: TrainingIndex, sample: Uint16Array, start: number, end: number): number {
  let range: SuffixRange = index.find([BOUNDARY]);
  let longest = 0;
  for (let i = start; i < end && range.from < range.to; i++) {
    const offset = i - start + 1;
    range = index.narrow(range, offset, sample[i]!);
    if (i === start || sample[i] !== SPACE) continue;
    const ended = index.narrow(range, offset + 1, BOUNDARY);
    if (ended.from < ended.to) longest = offset;
  }
  return longest;
}
