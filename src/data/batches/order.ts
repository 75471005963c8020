/** The order in which an endless, seeded series of epochs goes through the same things. */
import { Random } from "../../core/random.ts";

/**
 * Which of `count` things, numbered from 0, is the `k`-th when each epoch goes through all of them in an order
 * of its own. The order of the current epoch is held, four bytes a thing.
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
