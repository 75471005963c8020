/** The tokens of stored texts in an order that a seed draws; of each text, twelve bytes are in memory. */
import { Random } from "../core/random.ts";
import type { StoredIds, StoredSplit } from "./ids.ts";

/** The order of texts that follow each other in one stream. */
export const drawnOrder = (seed: number, texts: number): Uint32Array =>
  new Random(seed, "texts").permutation(texts);

/** Texts of which one has its place in the stream noted. */
const EVERY = 16;
/** The ids of `split`, its texts in the order that `seed` draws. */
export function drawnIds(split: StoredSplit, seed: number): StoredIds {
  const { items, tokens } = split;
  const offsets = split.offsets(0, items);
  const lengthOf = (text: number): number => offsets[text + 1]! - offsets[text]!;
  const order = drawnOrder(seed, items);
  /** Where every 16th text of the order begins in the stream. */
  const places = new Float64Array(Math.ceil(items / EVERY));
  let place = 0;
  for (let k = 0; k < items; k++) {
    if (k % EVERY === 0) places[k / EVERY] = place;
    place += lengthOf(order[k]!);
  }
  return {
    length: tokens.length,
    copy(from, to, out, at) {
      let k = EVERY * lastAtMost(places, from);
      let begin = places[k / EVERY] ?? 0;
      for (let next = from; next < to; k++) {
        const text = order[k]!;
        const length = lengthOf(text);
        if (begin + length > next) {
          const start = offsets[text]!;
          const end = Math.min(to, begin + length);
          tokens.copy(start + next - begin, start + end - begin, out, at + next - from);
          next = end;
        }
        begin += length;
      }
    },
  };
}

/** The last place of rising values where the value is at most `limit`. */
function lastAtMost(values: Float64Array, limit: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (values[middle]! <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
