/** The best of many scores without sorting them all. */

/** More than any vocabulary has; a float32 and an id below it are one whole number that a double holds. */
const IDS = 2 ** 20;

/**
 * Ids of the `count` highest scores, best first, of equal ones the lower id first. What may not be taken is
 * marked by 0 in `allowed`.
 */
export function likeliest(scores: Float32Array, count: number, allowed?: Uint8Array): Uint32Array {
  const most = Math.min(count, scores.length);
  const number = new Float32Array(1);
  const bits = new Uint32Array(number.buffer);
  /** A number that rises as the score falls, then with the id: sorting plain numbers is fast. */
  const keyOf = (id: number): number => {
    number[0] = scores[id]! + 0;
    const rising = bits[0]! < 0x8000_0000 ? bits[0]! + 0x8000_0000 : 0xffff_ffff - bits[0]!;
    return (0xffff_ffff - rising) * IDS + id;
  };
  const keys = new Float64Array(Math.min(2 * most, scores.length));
  let size = 0;
  /** What the worst of `most` kept ones has; a later id has to be above it. */
  let floor = -Infinity;
  for (let id = 0; id < scores.length; id++) {
    if ((size >= most && scores[id]! <= floor) || (allowed && !allowed[id])) continue;
    if (size === keys.length) {
      keys.sort();
      size = most;
      floor = scores[keys[most - 1]! % IDS]!;
      if (scores[id]! <= floor) continue;
    }
    keys[size++] = keyOf(id);
  }
  const best = keys.subarray(0, size).sort().subarray(0, most);
  return Uint32Array.from(best, (key) => key % IDS);
}
