/**
 * Levenshtein distance, 32 cells at a time: Myers, "A fast bit-vector algorithm for approximate string
 * matching based on dynamic programming", Journal of the ACM 46(3), 1999, in the block form of Hyyrö 2003.
 */

/** Pairs with more cells than this (product of the lengths) are not compared by `editSimilarity`. */
const MOST_CELLS = 2 ** 28;

type Sequence = Uint8Array | Uint16Array;

/** Fewest insertions, deletions and replacements of one symbol that turn `a` into `b`. */
export function editDistance(a: Sequence, b: Sequence): number {
  let start = 0;
  let endA = a.length;
  let endB = b.length;
  while (start < endA && start < endB && a[start] === b[start]) start++;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const [pattern, text] =
    endA < endB
      ? [a.subarray(start, endA), b.subarray(start, endB)]
      : [b.subarray(start, endB), a.subarray(start, endA)];
  return pattern.length === 0 ? text.length : blockDistance(pattern, text);
}

/** 1 - distance / longer length, in 0 to 1; undefined where there are more than `MOST_CELLS` cells. */
export function editSimilarity(a: Sequence, b: Sequence): number | undefined {
  const longer = Math.max(a.length, b.length);
  if (longer === 0) return 1;
  return a.length * b.length > MOST_CELLS ? undefined : 1 - editDistance(a, b) / longer;
}

/**
 * Column by column of the table with `pattern` down and `text` across; bit i of `plus` (`minus`) says that
 * the cell of row i is one more (less) than the cell above it.
 */
function blockDistance(pattern: Sequence, text: Sequence): number {
  const blocks = (pattern.length + 31) >>> 5;
  const { rowOf, positions } = symbolPositions(pattern, blocks);
  const plus = new Int32Array(blocks).fill(-1);
  const minus = new Int32Array(blocks);
  const lastBit = 1 << ((pattern.length - 1) & 31);
  let distance = pattern.length;

  for (let j = 0; j < text.length; j++) {
    const row = (rowOf.get(text[j]!) ?? 0) * blocks;
    let carryIn = 1; // the top row grows by one with each column
    for (let block = 0; block < blocks; block++) {
      let equal = positions[row + block]!;
      const up = plus[block]!;
      const down = minus[block]!;
      const vertical = equal | down;
      if (carryIn < 0) equal |= 1;
      const diagonal = (((equal & up) + up) ^ up) | equal;
      let growing = down | ~(diagonal | up);
      let shrinking = up & diagonal;
      const top = block === blocks - 1 ? lastBit : -2147483648;
      const carryOut = growing & top ? 1 : shrinking & top ? -1 : 0;
      growing <<= 1;
      shrinking <<= 1;
      if (carryIn > 0) growing |= 1;
      else if (carryIn < 0) shrinking |= 1;
      plus[block] = shrinking | ~(vertical | growing);
      minus[block] = growing & vertical;
      carryIn = carryOut;
    }
    distance += carryIn;
  }
  return distance;
}

/** For each symbol of the pattern, the bits of its positions; row 0 is for symbols it lacks. */
function symbolPositions(pattern: Sequence, blocks: number) {
  const rowOf = new Map<number, number>();
  for (let i = 0; i < pattern.length; i++) {
    if (!rowOf.has(pattern[i]!)) rowOf.set(pattern[i]!, rowOf.size + 1);
  }
  const positions = new Int32Array((rowOf.size + 1) * blocks);
  for (let i = 0; i < pattern.length; i++) {
    positions[rowOf.get(pattern[i]!)! * blocks + (i >>> 5)]! |= 1 << (i & 31);
  }
  return { rowOf, positions };
}
