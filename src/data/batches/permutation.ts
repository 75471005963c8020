/**
 * A shuffled order without a list: where number `index` of `count` goes, under a key.
 *
 * A four-round Feistel network over the smallest even number of bits that holds `count`, walked on while it
 * leads outside (cycle walking); so it is one to one for every key, and any place of an epoch is found at once.
 * Sources: Luby and Rackoff, "How to construct pseudorandom permutations" (1988); Black and Rogaway, "Ciphers
 * with arbitrary finite domains" (2002), for cycle walking.
 */
import { hashPair } from "../hash.ts";

/** An integer from 0 to `count - 1` that differs for each `index` from 0 to `count - 1`; `count` up to 2^30. */
export function permute(index: number, count: number, key: number): number {
  if (count <= 1) return 0;
  const half = Math.max(1, Math.ceil(Math.log2(count) / 2));
  const mask = 2 ** half - 1;
  let value = index;
  do {
    let left = value >>> half;
    let right = value & mask;
    for (let round = 0; round < 4; round++) {
      const next = left ^ (hashPair(hashPair(key, round), right) & mask);
      left = right;
      right = next;
    }
    value = left * (mask + 1) + right;
  } while (value >= count);
  return value;
}
