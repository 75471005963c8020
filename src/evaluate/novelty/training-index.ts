/**
 * An exact index over training texts: all occurrences of a pattern in the data are a range of one suffix array.
 *
 * The normalised texts follow each other, each after a boundary symbol:
 *
 *     | why did the chicken | knock knock |
 *
 * A pattern without a boundary never matches across texts; a pattern that begins with one finds the texts
 * with that beginning; one that begins and ends with it finds whole texts. A table by the first few symbols
 * replaces the first steps of each search.
 */
import { checkTexts } from "../../core/options.ts";
import { type NormalisedText, Normaliser, normaliseWithPositions } from "./normaliser.ts";
import type { Symbols } from "./suffix-array.ts";
import { sortSuffixes } from "./suffix-sort.ts";

/** Opens each text in {@link TrainingIndex.symbols}, and closes the last. */
export const BOUNDARY = 0;
/** The space around words. */
export const SPACE = 1;

/** Ranks `from` to `to - 1` of the suffix array. */
export interface SuffixRange {
  readonly from: number;
  readonly to: number;
}

/** A text prepared for lookups. */
export interface LookupText {
  readonly text: string;
  readonly normalised: NormalisedText;
  /** `normalised.units` as symbols of the index; characters that the data lacks match nothing. */
  readonly symbols: Uint16Array;
}

export interface LongestMatch extends SuffixRange {
  /** Symbols matched; each suffix of the range begins with them. */
  readonly length: number;
}

/** The parts of an index that are kept in a file; the rest is cheap to compute. */
export interface IndexParts {
  /** The code unit of each symbol, from the third symbol on (0 and 1 are fixed). */
  readonly units: Uint16Array;
  readonly symbols: Uint8Array | Uint16Array;
  /** Position of each text's opening boundary, and of the last boundary. */
  readonly starts: Int32Array;
  /** All suffixes in order, each compared up to the boundary that closes its text. */
  readonly suffixes: Int32Array;
}

const TABLE_SIZE = 1 << 22;
const BLOCK_BITS = 6;
/** The symbol of characters that the data lacks; no text contains it. */
const UNKNOWN = 0xffff;

export class TrainingIndex {
  /** The training texts, in order. */
  readonly texts: readonly string[];
  readonly parts: IndexParts;
  readonly alphabetSize: number;
  readonly #symbolOf: Uint16Array;
  readonly #depth: number;
  /** First rank of each `depth` symbols, read as a number in base `alphabetSize`. */
  readonly #table: Int32Array;
  /** The text at the first position of each block of 64. */
  readonly #blocks: Int32Array;

  /** @param parts must be made from these texts, as {@link buildIndex} and `indexFromBytes` ensure */
  constructor(texts: readonly string[], parts: IndexParts) {
    this.texts = texts;
    this.parts = parts;
    this.alphabetSize = parts.units.length + 2;
    this.#symbolOf = new Uint16Array(65_536).fill(UNKNOWN);
    this.#symbolOf[32] = SPACE;
    for (let k = 0; k < parts.units.length; k++) this.#symbolOf[parts.units[k]!] = k + 2;
    this.#depth = tableDepth(this.alphabetSize);
    this.#table = prefixTable(parts.symbols, this.alphabetSize, this.#depth);
    this.#blocks = blockTable(parts.starts, parts.symbols.length);
  }

  /** Symbols in the index: characters of all normalised texts and a boundary for each. */
  get length(): number {
    return this.parts.symbols.length;
  }

  read(text: string): LookupText {
    const normalised = normaliseWithPositions(text);
    return { text, normalised, symbols: normalised.units.map((unit) => this.#symbolOf[unit]!) };
  }

  /** Where the normalised text begins (its leading space) and ends (after its trailing space) in `symbols`. */
  bounds(text: number): SuffixRange {
    return { from: this.parts.starts[text]! + 1, to: this.parts.starts[text + 1]! };
  }

  /** The text that the suffix of this rank begins in. */
  textAt(rank: number): number {
    return this.textOf(this.parts.suffixes[rank]!);
  }

  /** The text that a position of `symbols` lies in. */
  textOf(position: number): number {
    const starts = this.parts.starts;
    let text = this.#blocks[position >> BLOCK_BITS]!;
    while (starts[text + 1]! <= position) text++;
    return text;
  }

  /** All suffixes that begin with `pattern[from..to)`; an empty range where none does. */
  find(pattern: ArrayLike<number>, from = 0, to = pattern.length): SuffixRange {
    const depth = Math.min(this.#depth, to - from);
    let range = this.#lookUp(pattern, from, depth);
    for (let k = depth; range.from < range.to && k < to - from; k++) {
      range = this.narrow(range, k, pattern[from + k]!);
    }
    return range;
  }

  /** The part of `range` that continues with `symbol`; all its suffixes agree on `offset` symbols. */
  narrow(range: SuffixRange, offset: number, symbol: number): SuffixRange {
    const from = this.#firstRank(range, offset, symbol);
    return { from, to: this.#firstRank({ from, to: range.to }, offset, symbol + 1) };
  }

  /** The longest prefix of `pattern[from..to)` that occurs in the data, and where. */
  longestMatch(pattern: ArrayLike<number>, from = 0, to = pattern.length): LongestMatch {
    let depth = Math.min(this.#depth, to - from);
    let range = this.#lookUp(pattern, from, depth);
    while (range.from === range.to && depth > 0) range = this.#lookUp(pattern, from, --depth);
    if (depth < this.#depth) return { ...range, length: depth };
    return this.#descend(pattern, from, to, range);
  }

  /**
   * Binary search for the place of `pattern[from..to)` among the suffixes of `range`, which share `#depth`
   * symbols with it. The longest match is with a neighbour of that place; symbols known to agree with both
   * ends are not compared again (Manber and Myers 1993, section 2).
   */
  #descend(pattern: ArrayLike<number>, from: number, to: number, range: SuffixRange): LongestMatch {
    const { symbols, suffixes } = this.parts;
    let low = range.from - 1;
    let high = range.to;
    let lowMatch = this.#depth;
    let highMatch = this.#depth;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const start = suffixes[middle]!;
      const limit = Math.min(to - from, symbols.length - start);
      let k = Math.min(lowMatch, highMatch);
      while (k < limit && symbols[start + k] === pattern[from + k]) k++;
      if (k === to - from) return { from: middle, to: middle + 1, length: k };
      if (k === limit || symbols[start + k]! < pattern[from + k]!) {
        low = middle;
        lowMatch = k;
      } else {
        high = middle;
        highMatch = k;
      }
    }
    const best = lowMatch >= highMatch && low >= range.from ? low : high < range.to ? high : low;
    return { from: best, to: best + 1, length: best === low ? lowMatch : highMatch };
  }

  #lookUp(pattern: ArrayLike<number>, from: number, depth: number): SuffixRange {
    let code = 0;
    for (let k = 0; k < depth; k++) {
      const symbol = pattern[from + k]!;
      if (symbol >= this.alphabetSize) return { from: 0, to: 0 };
      code = code * this.alphabetSize + symbol;
    }
    const width = this.alphabetSize ** (this.#depth - depth);
    return { from: this.#table[code * width]!, to: this.#table[(code + 1) * width]! };
  }

  #firstRank(range: SuffixRange, offset: number, symbol: number): number {
    const { symbols, suffixes } = this.parts;
    let low = range.from;
    let high = range.to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const position = suffixes[middle]! + offset;
      if (position < symbols.length && symbols[position]! >= symbol) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/**
 * Indexes `texts`: linear time, about six bytes for each character of the data besides the texts.
 * The texts are kept by reference and must not change.
 */
export function buildIndex(texts: readonly string[]): TrainingIndex {
  checkTexts(texts);
  const starts = new Int32Array(texts.length + 1);
  const { units, symbols } = spell(texts, starts);
  const suffixes = sortSuffixes(symbols, units.length + 2);
  return new TrainingIndex(texts, { units, symbols, starts, suffixes });
}

/** The texts one after the other in the smallest alphabet that spells them; fills `starts`. */
function spell(texts: readonly string[], starts: Int32Array): Pick<IndexParts, "units" | "symbols"> {
  const normaliser = new Normaliser();
  texts.forEach((text, i) => {
    starts[i] = normaliser.length;
    normaliser.push(0);
    normaliser.add(text);
  });
  starts[texts.length] = normaliser.length;
  normaliser.push(0);

  const symbolOf = new Uint16Array(65_536);
  const used = normaliser.units;
  for (let i = 0; i < used.length; i++) symbolOf[used[i]!] = 1;
  symbolOf[0] = 0;
  symbolOf[32] = 0;
  const units = Uint16Array.from([...symbolOf.keys()].filter((unit) => symbolOf[unit] === 1));
  for (let k = 0; k < units.length; k++) symbolOf[units[k]!] = k + 2;
  symbolOf[32] = SPACE;
  const symbols =
    units.length + 2 <= 256 ? new Uint8Array(normaliser.length) : new Uint16Array(normaliser.length);
  for (let i = 0; i < symbols.length; i++) symbols[i] = symbolOf[used[i]!]!;
  return { units, symbols };
}

function tableDepth(alphabetSize: number): number {
  let depth = 1;
  while (alphabetSize ** (depth + 1) <= TABLE_SIZE) depth++;
  return depth;
}

/** Sums of the counts of all `depth` symbols, which is where each begins in the suffix array. */
function prefixTable(symbols: Symbols, alphabetSize: number, depth: number): Int32Array {
  const size = alphabetSize ** depth;
  const table = new Int32Array(size + 1);
  const top = alphabetSize ** (depth - 1);
  let code = 0;
  for (let i = symbols.length - 1; i >= 0; i--) {
    code = Math.floor(code / alphabetSize) + symbols[i]! * top;
    table[code + 1]!++;
  }
  for (let c = 0; c < size; c++) table[c + 1]! += table[c]!;
  return table;
}

function blockTable(starts: Int32Array, length: number): Int32Array {
  const blocks = new Int32Array((length >> BLOCK_BITS) + 1);
  let text = 0;
  for (let block = 0; block < blocks.length; block++) {
    while (text + 2 < starts.length && starts[text + 1]! <= block << BLOCK_BITS) text++;
    blocks[block] = text;
  }
  return blocks;
}
