/**
 * The spans that a text shares with the training texts, exactly: the longest in characters and in words, the
 * runs of shared words, and the n-novelty curve (Merrill, Smith and Elazar, "Evaluating n-gram novelty of
 * language models using Rusty-DAWG", arXiv 2406.13069). No span crosses from one training text to another.
 */
import { argmax } from "../../generate/sampler.ts";
import { matchLengths, wholeTextAt } from "./matching.ts";
import { normaliseWithPositions } from "./normaliser.ts";
import { type LookupText, SPACE, type TrainingIndex } from "./training-index.ts";

/** The curve is given for n = 1 to this. */
export const CURVE_LENGTH = 10;
/** A shared run of this many words is seldom chance. */
const LONG_RUN = 8;
/** Shorter runs are not listed, and shorter whole texts do not count as copied. */
const SHORT_TEXT = 5;
/** Training texts named for a span; `occurrences` counts them all. */
const SOURCES = 5;
/** Runs and whole texts listed for one sample, the longest first. */
const LISTED = 100;

/** A piece of the sample that also occurs in the training texts, after normalisation. */
export interface SharedSpan {
  /** The piece as it is in the sample. */
  readonly text: string;
  /** `text` is the sample's `slice(start, end)`. */
  readonly start: number;
  readonly end: number;
  /** Characters (code points) of `text`. */
  readonly characters: number;
  /** Whole words in the span. */
  readonly words: number;
  /** Indices of training texts that contain it, at most 5. */
  readonly sources: readonly number[];
  /** How often it occurs in the training texts. */
  readonly occurrences: number;
}

/** The spans that one text shares with the data. */
export interface SharedSpans {
  /** Words of the sample. */
  readonly words: number;
  /** The span of most characters, which may begin and end inside words; undefined where nothing is shared. */
  readonly longest: SharedSpan | undefined;
  /** The span of most whole words. */
  readonly longestRun: SharedSpan | undefined;
  /** `covered[n - 1]`: words of the sample that lie in shared spans of at least n words. */
  readonly covered: readonly number[];
  /**
   * Words of the sample that lie in shared spans of at least `LONG_RUN` words, or in training texts of at
   * least `SHORT_TEXT` words that it contains whole.
   */
  readonly copied: number;
  /** `found[n - 1]`: n-grams of the sample that occur in the data, of its `max(0, words - n + 1)`. */
  readonly found: readonly number[];
  /** Runs of at least `SHORT_TEXT` words that no longer shared run contains, in the order of the sample. */
  readonly runs: readonly SharedSpan[];
}

/** Compares one text with the index. */
export function sharedSpans(index: TrainingIndex, sample: LookupText): SharedSpans {
  const { symbols } = sample;
  const lengths = matchLengths(index, symbols);
  const spaces = spacePositions(symbols);
  const reach = sharedWords(lengths, spaces);
  const show = (from: number, to: number) => describe(index, sample, from, to);
  const run = (word: number) => show(spaces[word]!, spaces[word + reach[word]!]! + 1);

  const [from, to] = longestMatch(symbols, lengths);
  const longestWord = argmax(reach);
  return {
    words: reach.length,
    longest: to > from ? show(from, to) : undefined,
    longestRun: (reach[longestWord] ?? 0) > 0 ? run(longestWord) : undefined,
    covered: curve((n) => coveredWords(reach, n)),
    copied: coveredWords(copiedWords(index, symbols, spaces, reach), 1),
    found: curve((n) => reach.reduce((sum, r) => sum + (r >= n ? 1 : 0), 0)),
    runs: longestRuns(reach).map(run),
  };
}

const curve = (value: (n: number) => number): number[] =>
  Array.from({ length: CURVE_LENGTH }, (_, i) => value(i + 1));

/** Positions of the spaces: before each word, and behind the last. */
function spacePositions(sample: Uint16Array): Int32Array {
  let count = 0;
  for (let i = 0; i < sample.length; i++) if (sample[i] === SPACE) count++;
  const positions = new Int32Array(count);
  count = 0;
  for (let i = 0; i < sample.length; i++) if (sample[i] === SPACE) positions[count++] = i;
  return positions;
}

/** For each word, how many words from it on occur in the data in this order. */
function sharedWords(lengths: Int32Array, spaces: Int32Array): Int32Array {
  const reach = new Int32Array(Math.max(0, spaces.length - 1));
  let end = 0; // the last space within the match; it never moves back
  for (let word = 0; word < reach.length; word++) {
    const matchEnd = spaces[word]! + lengths[spaces[word]!]!;
    end = Math.max(end, word);
    while (end + 1 < spaces.length && spaces[end + 1]! < matchEnd) end++;
    reach[word] = end - word;
  }
  return reach;
}

function coveredWords(reach: Int32Array, n: number): number {
  let covered = 0;
  let end = 0;
  reach.forEach((r, word) => {
    if (r < n) return;
    if (word + r <= end) return;
    covered += word + r - Math.max(end, word);
    end = word + r;
  });
  return covered;
}

/** First words of the runs that no other shared run contains; of very many, the longest. */
function longestRuns(reach: Int32Array): number[] {
  const first: number[] = [];
  reach.forEach((r, word) => {
    if (r >= SHORT_TEXT && (word === 0 || reach[word - 1]! - 1 < r)) first.push(word);
  });
  if (first.length <= LISTED) return first;
  const least = first.map((word) => reach[word]!).sort((a, b) => b - a)[LISTED - 1]!;
  return first.filter((word) => reach[word]! >= least).slice(0, LISTED);
}

/** The match that is longest without spaces at its ends, as `[from, to)` in symbols. */
function longestMatch(sample: Uint16Array, lengths: Int32Array): [number, number] {
  let best: [number, number] = [0, 0];
  let most = 0;
  for (let i = 0; i < sample.length; i++) {
    const length = lengths[i]!;
    if (length <= most) continue;
    const trimmed = length - (sample[i] === SPACE ? 1 : 0) - (sample[i + length - 1] === SPACE ? 1 : 0);
    if (trimmed <= most) continue;
    most = trimmed;
    best = [i, i + length];
  }
  return best;
}

/**
 * For each word, how many from it on are copied: the longer of its long run and the whole training text that
 * begins with it. A whole text of `LONG_RUN` words or more is a long run anyway.
 */
function copiedWords(
  index: TrainingIndex,
  symbols: Uint16Array,
  spaces: Int32Array,
  reach: Int32Array,
): Int32Array {
  return reach.map((r, word) => {
    if (r >= LONG_RUN || r < SHORT_TEXT) return r >= LONG_RUN ? r : 0;
    const length = wholeTextAt(index, symbols, spaces[word]!, spaces[word + r]! + 1);
    let words = r;
    while (words > 0 && spaces[word + words]! - spaces[word]! >= length) words--;
    return words >= SHORT_TEXT ? words : 0;
  });
}

/** The span of symbols `[from, to)`, which must occur in the data, as it is in the sample. */
function describe(index: TrainingIndex, sample: LookupText, from: number, to: number): SharedSpan {
  const { symbols, text } = sample;
  const range = index.find(symbols, from, to);
  const inner = {
    from: symbols[from] === SPACE ? from + 1 : from,
    to: symbols[to - 1] === SPACE ? to - 1 : to,
  };
  const position = index.parts.suffixes[range.from]! + inner.from - from;
  const [start, end] = withPunctuation(index, sample, inner, position);
  const sources = new Set<number>();
  for (let rank = range.from; rank < range.to && sources.size < SOURCES; rank++) {
    sources.add(index.textAt(rank));
  }
  let spaces = 0;
  for (let i = from; i < to; i++) if (symbols[i] === SPACE) spaces++;
  const piece = text.slice(start, end);
  return {
    text: piece,
    start,
    end,
    characters: [...piece].length,
    words: Math.max(0, spaces - 1),
    sources: [...sources],
    occurrences: range.to - range.from,
  };
}

/**
 * The place of symbols `inner` in the original sample, with the punctuation on either side that the training text
 * at `position` has too.
 */
function withPunctuation(
  index: TrainingIndex,
  { text, normalised }: LookupText,
  inner: { readonly from: number; readonly to: number },
  position: number,
): [number, number] {
  const id = index.textOf(position);
  const source = index.texts[id]!;
  const origin = normaliseWithPositions(source);
  const first = position - index.bounds(id).from;

  let start = normalised.from[inner.from]!;
  const spaced = normalised.units[inner.from - 1] === 32;
  const lowest = inner.from > 1 ? normalised.to[inner.from - (spaced ? 2 : 1)]! : 0;
  let s = origin.from[first]!;
  while (start > lowest && s > 0 && text[start - 1] === source[s - 1]) {
    start--;
    s--;
  }
  let end = normalised.to[inner.to - 1]!;
  const highest = normalised.from[inner.to]!;
  s = origin.to[first + inner.to - inner.from - 1]!;
  while (end < highest && s < source.length && text[end] === source[s]) {
    end++;
    s++;
  }
  const piece = text.slice(start, end);
  return [start + piece.length - piece.trimStart().length, end - (piece.length - piece.trimEnd().length)];
}
