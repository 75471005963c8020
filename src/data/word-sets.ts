/** Texts as sets of words in one common order, and an index of such sets by the words of their prefixes. */
import { Growing } from "../core/growing.ts";
import { wordAlone } from "../text/normalise.ts";

export interface WordSets {
  /**
   * The different words of each text, as ranks by rarity in the collection (0 is the rarest), ascending.
   * Those of text i are at `starts[i]` to `starts[i + 1]`.
   */
  readonly words: Int32Array;
  readonly starts: Int32Array;
  /** Letters of each word, by rank; at least 1. */
  readonly letters: Int32Array;
  /** For each place of `words`, the letters of this and of the later words of the same text. */
  readonly rest: Int32Array;
  /** The set of text i. */
  of(i: number): WordSet;
  /** The set of a text that is none of these. */
  other(text: string): WordSet;
}

/** The words of one text that others of the collection have too: places `from` to `to` of `words`, in its order. */
export interface WordSet extends Pick<WordSets, "words" | "rest"> {
  readonly from: number;
  readonly to: number;
  /** Different words of the text, and their letters, with those that no text of the collection has. */
  readonly size: number;
  readonly total: number;
}

/** The word sets of normalised texts, whose words are separated by single spaces. */
export function wordSets(texts: readonly string[]): WordSets {
  const ids = new Map<string, number>();
  const counts: number[] = [];
  const lengths: number[] = [];
  const lastSeen: number[] = [];
  const flat = new Growing(new Int32Array(1 << 16));
  const starts = new Int32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) {
    for (const word of wordsOf(text)) {
      let id = ids.get(word);
      if (id === undefined) {
        id = ids.size;
        ids.set(word, id);
        counts.push(0);
        lengths.push(Math.max(1, word.length));
        lastSeen.push(-1);
      }
      if (lastSeen[id] === i) continue;
      lastSeen[id] = i;
      counts[id]! += 1;
      flat.push(id);
    }
    starts[i + 1] = flat.length;
  }
  const byRarity = counts.map((_, id) => id).sort((a, b) => counts[a]! - counts[b]! || a - b);
  const rank = new Int32Array(counts.length);
  for (const [place, id] of byRarity.entries()) rank[id] = place;
  const letters = Int32Array.from(byRarity, (id) => lengths[id]!);
  const words = flat.whole();
  const n = words.length;
  for (let at = 0; at < n; at++) words[at] = rank[words[at]!]!;
  const rest = new Int32Array(n);
  for (let i = 0; i < texts.length; i++) {
    words.subarray(starts[i]!, starts[i + 1]!).sort();
    for (let at = starts[i + 1]! - 1, sum = 0; at >= starts[i]!; at--) {
      sum += letters[words[at]!]!;
      rest[at] = sum;
    }
  }
  return {
    words,
    starts,
    letters,
    rest,
    of(i) {
      const [from, to] = [starts[i]!, starts[i + 1]!];
      return { words, rest, from, to, size: to - from, total: rest[from]! };
    },
    other(text) {
      const known: number[] = [];
      const different = new Set(wordsOf(text));
      let total = 0;
      for (const word of different) {
        const id = ids.get(word);
        if (id !== undefined) known.push(rank[id]!);
        total += Math.max(1, word.length);
      }
      const own = Int32Array.from(known).sort();
      const rest = new Int32Array(own.length);
      for (let at = own.length - 1, sum = 0; at >= 0; at--) rest[at] = sum += letters[own[at]!]!;
      return { words: own, rest, from: 0, to: own.length, size: different.size, total };
    },
  };
}

const han = /\p{Script=Han}/u;

/**
 * The words of a normalised text. In scripts without spaces, where each character is a word there, these are all runs
 * of two Chinese characters or of three letters: any two long Thai texts have most of their letters in common.
 */
function wordsOf(text: string): string[] {
  const words = text.split(" ");
  if (!wordAlone.test(text)) return words;
  const alone = words.map((word) => wordAlone.test(word));
  return words.flatMap((word, i) => {
    if (!alone[i]) return [word];
    const width = han.test(word) ? 2 : 3;
    let end = i;
    while (end < i + width && alone[end]) end++;
    // A run shorter than the width is one word, its other characters are inside it.
    return end < i + width && alone[i - 1] ? [] : [words.slice(i, end).join("")];
  });
}

/**
 * The end of a text's prefix: the first word from which on less than `least` of its letters are left. Words that no text
 * of the collection has count as the rarest.
 */
export function prefixEnd({ rest, from, to, total }: WordSet, least: number): number {
  let at = from;
  const needed = least * total;
  while (at < to && rest[at]! >= needed) at++;
  return at;
}

/** For each word, the texts added so far that have it in their prefix: places starts[word] to ends[word]. */
export interface Postings {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly item: Int32Array;
  /** Letters of the text from the word on, and in all. */
  readonly rest: Int32Array;
  readonly total: Int32Array;
  /** Signature of the text: bit (word & 63) is set for each of its words; bits 0 to 31 and 32 to 63. */
  readonly low: Int32Array;
  readonly high: Int32Array;
  add(item: number): void;
}

/** An empty index with room for every text. */
export function createPostings(sets: WordSets, prefixOf: (set: WordSet) => number): Postings {
  const { words, rest, letters } = sets;
  const starts = new Int32Array(letters.length + 1);
  for (let i = 0; i < sets.starts.length - 1; i++) {
    const set = sets.of(i);
    for (let at = set.from, end = prefixOf(set); at < end; at++) starts[words[at]! + 1]! += 1;
  }
  for (let word = 0; word < letters.length; word++) starts[word + 1]! += starts[word]!;
  const capacity = starts[letters.length]!;
  const postings = {
    starts,
    ends: starts.slice(0, letters.length),
    item: new Int32Array(capacity),
    rest: new Int32Array(capacity),
    total: new Int32Array(capacity),
    low: new Int32Array(capacity),
    high: new Int32Array(capacity),
    add(item: number) {
      const set = sets.of(item);
      let low = 0;
      let high = 0;
      for (let at = set.from; at < set.to; at++) {
        const bit = 1 << (words[at]! & 31);
        if ((words[at]! & 32) === 0) low |= bit;
        else high |= bit;
      }
      for (let at = set.from, end = prefixOf(set); at < end; at++) {
        const p = postings.ends[words[at]!]!;
        postings.ends[words[at]!] = p + 1;
        postings.item[p] = item;
        postings.rest[p] = rest[at]!;
        postings.total[p] = set.total;
        postings.low[p] = low;
        postings.high[p] = high;
      }
    },
  };
  return postings;
}
