/** A seeded order for endless epochs over the same items. */
import { Random } from "../../core/random.ts";

/**
 * The `k`-th of `count` items, numbered from 0, when each epoch goes through all of them in its own order. Holds
 * the order of the current epoch, four bytes an item.
 */
export function createOrder(count: number, seed: number): (k: number) => number {
  const shuffle = new Random(seed, "shuffle");
  let epoch = -1;
  let order = new Uint32Array(0);
  return (k) => {
    const wanted = Math.floor(k / count);
    if (wanted !== epoch) {
      order = shuffle.at(wanted).permutation(count) as Uint32Array<ArrayBuffer>;
      epoch = wanted;
    }
    return order[k % count]!;
  };
}
