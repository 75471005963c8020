/**
 * A 5-gram model that guesses a hidden word from both sides: by Bayes' rule, the product of the probabilities of the
 * five 5-grams that hold the word, each by stupid backoff (Brants et al. 2007, "Large language models in machine
 * translation"). Counted are only the n-grams around the words that are hidden.
 */
import type { Hidden } from "./hidden.ts";

const ORDER = 5;
/** What a step to the next shorter n-gram costs: the paper's. */
const BACKOFF = 0.4;
/** Words that are tried without having been seen beside the blank. */
const COMMON = 1000;

type Blank = Pick<Hidden, "before" | "after">;

/** How often each word was seen between so many words to its left and to its right. */
interface Counts {
  readonly words: Map<string, number>;
  total: number;
}

export interface BothSides {
  /** The likeliest words for a blank, best first, of those that are `like` what is looked for. */
  candidates(blank: number, most: number, like: (word: string) => boolean): string[];
  /** The most frequent words. */
  frequent(most: number, like: (word: string) => boolean): string[];
}

export function countAround(text: readonly string[], hidden: readonly Blank[]): BothSides {
  const ids = new Map<string, number>();
  const words: string[] = [];
  const frequency: number[] = [];
  const stream = Int32Array.from(text, (word) => {
    const id = ids.get(word) ?? words.length;
    if (id === words.length) {
      ids.set(word, id);
      words.push(word);
      frequency.push(0);
    }
    frequency[id]!++;
    return id;
  });
  const idsOf = (side: readonly string[]) => side.slice(0, ORDER - 1).map((word) => ids.get(word) ?? -1);
  const sidesOf = ({ before, after }: Blank) => [idsOf(before), idsOf(after)] as const;
  const contexts = new Map<string, Counts>();
  /** Whether a context of this hash is wanted at all: most are not, and are passed over without a string. */
  const wanted = new Uint8Array(1 << 24);
  for (const { before, after } of hidden) {
    const [left, right] = sidesOf({ before, after });
    for (const [a, b] of shapesWithin(left, right)) {
      const sides = [left.slice(0, a), right.slice(0, b)] as const;
      contexts.set(keyOf(...sides), { words: new Map(), total: 0 });
      wanted[hashOf(...sides)] = 1;
    }
  }
  const [left, right] = [[] as number[], [] as number[]];
  for (let i = 0; i < stream.length; i++) {
    for (const [a, b] of shapes) {
      if (i < a || i + b >= stream.length) continue;
      left.length = a;
      right.length = b;
      for (let k = 0; k < a; k++) left[k] = stream[i - 1 - k]!;
      for (let k = 0; k < b; k++) right[k] = stream[i + 1 + k]!;
      if (wanted[hashOf(left, right)] === 0) continue;
      const counts = contexts.get(keyOf(left, right));
      if (!counts) continue;
      const word = words[stream[i]!]!;
      counts.words.set(word, (counts.words.get(word) ?? 0) + 1);
      counts.total++;
    }
  }
  const common = [...words.keys()]
    .sort((a, b) => frequency[b]! - frequency[a]!)
    .map((id) => words[id]!)
    .filter(isLetters);
  return {
    frequent: (most, like) => firstOf(common, most, like),
    candidates(blank, most, like) {
      const [left, right] = sidesOf(hidden[blank]!);
      const counts = shapesWithin(left, right).map(
        ([a, b]) => [`${a} ${b}`, contexts.get(keyOf(left.slice(0, a), right.slice(0, b)))!] as const,
      );
      const table = new Map(counts);
      const at = (a: number, b: number) => table.get(`${a} ${b}`)!;
      const beside = [...(left.length > 0 ? [at(1, 0)] : []), ...(right.length > 0 ? [at(0, 1)] : [])];
      const tried = new Set([
        ...common.slice(0, COMMON),
        ...beside.flatMap(({ words }) => [...words.keys()]),
      ]);
      return [...tried]
        .filter((word) => isLetters(word) && like(word))
        .map((word) => ({ word, log: logOf(word, at, left.length, right.length) }))
        .sort((x, y) => y.log - x.log)
        .slice(0, most)
        .map(({ word }) => word);
    },
  };
}

/** The log of the product of the scores of the 5-grams that hold `word`: those that end in it, or `b` words after it. */
function logOf(
  word: string,
  at: (left: number, right: number) => Counts,
  mostLeft: number,
  mostRight: number,
): number {
  let log = 0;
  for (let b = 0; b <= mostRight; b++) {
    let a = Math.min(mostLeft, ORDER - 1 - b);
    while (a >= 0 && !at(a, b).words.has(word)) {
      log += Math.log(BACKOFF);
      a--;
    }
    if (a >= 0) {
      const before = b === 0 ? at(a, 0).total : at(a, b - 1).words.get(word)!;
      log += Math.log(at(a, b).words.get(word)! / before);
    } else if (b > 0) {
      // Without the blank the words after it are as likely, whatever the blank is.
      log += Math.log(Math.max(1, at(0, b).total) / Math.max(1, at(0, b - 1).total));
    }
  }
  return log;
}

/** Words to the left and to the right of a blank in n-grams of at most five words. */
const shapes = Array.from(
  { length: ORDER * ORDER },
  (_, k) => [Math.floor(k / ORDER), k % ORDER] as const,
).filter(([a, b]) => a + b < ORDER);

/** Those that the words on both sides are enough for. */
const shapesWithin = (left: readonly number[], right: readonly number[]) =>
  shapes.filter(([a, b]) => a <= left.length && b <= right.length);

const isLetters = (word: string): boolean => /^[a-z]+$/.test(word);

const firstOf = (words: readonly string[], most: number, like: (word: string) => boolean): string[] => {
  const found: string[] = [];
  for (const word of words) {
    if (found.length === most) break;
    if (like(word)) found.push(word);
  }
  return found;
};

const keyOf = (left: readonly number[], right: readonly number[]): string =>
  `${left.join(" ")}|${right.join(" ")}`;

function hashOf(left: readonly number[], right: readonly number[]): number {
  let hash = 0;
  for (let k = 0; k < left.length; k++) hash = Math.imul(hash ^ left[k]!, 0x9e3779b1) ^ (hash >>> 15);
  hash = Math.imul(hash ^ 0x5bd1e995, 0x85ebca6b);
  for (let k = 0; k < right.length; k++) hash = Math.imul(hash ^ right[k]!, 0xc2b2ae35) ^ (hash >>> 13);
  return (hash ^ (hash >>> 16)) & 0xffffff;
}
