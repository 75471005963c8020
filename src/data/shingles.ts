/** Sets of overlapping four-character pieces of a text, and how similar two such sets are. */

const width = 4;

export interface Shingles {
  /** Makes `text` the one that others are compared with. */
  load(text: string): void;
  /** The Jaccard similarity, 0 to 1, of the loaded text's set of shingles and that of `text`. */
  jaccard(text: string): number;
  /** Whether that similarity is at least `threshold`; quick where the sizes alone say no. */
  reaches(text: string, threshold: number): boolean;
}

/**
 * Compares one text with many. A shingle is a 32-bit number of its four code units, which is exact for ASCII; a
 * text shorter than four characters is one shingle.
 */
export function createShingles(): Shingles {
  let current: string | undefined;
  let loaded = new Set<number>();
  const jaccard = (text: string): number => {
    const other = shinglesOf(text);
    let common = 0;
    for (const shingle of other) if (loaded.has(shingle)) common++;
    return common / (loaded.size + other.size - common);
  };
  return {
    jaccard,
    load(text) {
      if (text !== current) loaded = shinglesOf(text);
      current = text;
    },
    reaches(text, threshold) {
      // A set is no larger than its text has places, so common / loaded.size bounds the similarity.
      const most = Math.max(1, text.length - width + 1);
      return most >= threshold * loaded.size - 1e-9 && jaccard(text) >= threshold - 1e-9;
    },
  };
}

function shinglesOf(text: string): Set<number> {
  const set = new Set<number>();
  let rolling = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    rolling = (rolling << 8) ^ code ^ (code > 0xff ? Math.imul(code, 0x9e3779b1) : 0);
    if (i >= width - 1) set.add(rolling);
  }
  if (text.length < width) set.add(rolling);
  return set;
}
