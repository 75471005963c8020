/**
 * Training of a byte-level BPE vocabulary (Sennrich et al. 2016, "Neural Machine Translation of Rare Words
 * with Subword Units", on the bytes of GPT-2's words): the most frequent pair of neighbours becomes one
 * token, again and again. Runs in a browser.
 *
 * Each distinct word is kept once with its count. A heap holds the pairs by count; its entries may be out of
 * date and are put right when they come up, as a count can only fall between two looks at it unless the pair
 * was made anew, when it is pushed again.
 *
 * @example
 * const { files } = trainBpe(jokes, { vocabularySize: 4096 });
 * const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
 */
import { UsageError } from "../core/errors.ts";
import { alphabetBytes, byteAlphabet, gpt2Words } from "./bpe-bytes.ts";
import { bpeFiles, END_OF_TEXT } from "./bpe-files.ts";
import type { TokenizerFiles } from "./huggingface-files.ts";

export interface BpeTrainOptions {
  /** Ids in all: 256 bytes, the merges, and `<|endoftext|>` as the last. 257 to 65,536. */
  readonly vocabularySize: number;
  /** A pair seen less often than this is not merged; default 2. The vocabulary is then smaller than asked for. */
  readonly minFrequency?: number;
}

export interface BpeTraining {
  readonly files: TokenizerFiles;
  readonly merges: readonly (readonly [string, string])[];
}

const BYTES = 256;
const MAX_VOCABULARY = 65_536;

/**
 * Learns a vocabulary from `texts`. The same texts give the same vocabulary: of pairs with equal counts, the
 * one with the smaller ids (left, then right) goes first.
 *
 * @throws UsageError where `vocabularySize` is out of range.
 */
export function trainBpe(texts: Iterable<string>, options: BpeTrainOptions): BpeTraining {
  const { vocabularySize, minFrequency = 2 } = options;
  if (!Number.isInteger(vocabularySize) || vocabularySize <= BYTES || vocabularySize > MAX_VOCABULARY) {
    throw new UsageError(
      `A BPE vocabulary of ${vocabularySize} is not possible; give ${BYTES + 1} to ${MAX_VOCABULARY}.`,
    );
  }
  const corpus = new Corpus(countWords(texts));
  const tokens = [...byteAlphabet];
  const merges: [string, string][] = [];
  while (tokens.length < vocabularySize - 1) {
    const best = corpus.popBest(minFrequency);
    if (!best) break;
    const [left, right] = best;
    merges.push([tokens[left]!, tokens[right]!]);
    corpus.merge(left, right, tokens.length);
    tokens.push(tokens[left]! + tokens[right]!);
  }
  tokens.push(END_OF_TEXT);
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return { files: bpeFiles(vocab, merges), merges };
}

function countWords(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of text.match(gpt2Words) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** A pair of ids as one number, ordered as the pair is. */
const pairKey = (left: number, right: number) => left * MAX_VOCABULARY + right;

/** The distinct words as ids, the counts of all neighbouring pairs in them, and who holds which pair. */
class Corpus {
  readonly #words: number[][] = [];
  readonly #frequencies: number[] = [];
  readonly #counts = new Map<number, number>();
  /** Words that hold, or once held, a pair. */
  readonly #holders = new Map<number, Set<number>>();
  readonly #heap = new PairHeap();

  constructor(words: ReadonlyMap<string, number>) {
    const idOfByte = new Uint8Array(BYTES);
    for (const [id, byte] of alphabetBytes.entries()) idOfByte[byte] = id;
    const encoder = new TextEncoder();
    for (const [word, frequency] of words) {
      const ids = Array.from(encoder.encode(word), (byte) => idOfByte[byte]!);
      const index = this.#words.push(ids) - 1;
      this.#frequencies.push(frequency);
      for (let i = 1; i < ids.length; i++) this.#count(pairKey(ids[i - 1]!, ids[i]!), frequency, index);
    }
    for (const [pair, count] of this.#counts) this.#heap.push(count, pair);
  }

  /** The most frequent pair, if it is seen at least `minFrequency` times. */
  popBest(minFrequency: number): [number, number] | undefined {
    for (let top = this.#heap.pop(); top; top = this.#heap.pop()) {
      const count = this.#counts.get(top.pair) ?? 0;
      if (count !== top.count) {
        if (count > 0) this.#heap.push(count, top.pair);
      } else if (count >= Math.max(1, minFrequency)) {
        return [Math.floor(top.pair / MAX_VOCABULARY), top.pair % MAX_VOCABULARY];
      } else {
        return undefined;
      }
    }
    return undefined;
  }

  /** Replaces `left right` by `merged` in every word, left to right, and brings the counts up to date. */
  merge(left: number, right: number, merged: number): void {
    const pair = pairKey(left, right);
    const holders = this.#holders.get(pair) ?? new Set<number>();
    this.#holders.delete(pair);
    const made = new Set<number>();
    for (const index of holders) this.#mergeWord(index, left, right, merged, made);
    this.#counts.delete(pair);
    for (const key of made) {
      const count = this.#counts.get(key) ?? 0;
      if (count > 0) this.#heap.push(count, key);
    }
  }

  #mergeWord(index: number, left: number, right: number, merged: number, made: Set<number>): void {
    const old = this.#words[index]!;
    const ids: number[] = [];
    for (let i = 0; i < old.length; i++) {
      if (old[i] === left && old[i + 1] === right) {
        ids.push(merged);
        i++;
      } else {
        ids.push(old[i]!);
      }
    }
    if (ids.length === old.length) return;
    const frequency = this.#frequencies[index]!;
    for (let i = 1; i < old.length; i++) this.#count(pairKey(old[i - 1]!, old[i]!), -frequency, index);
    for (let i = 1; i < ids.length; i++) {
      const key = pairKey(ids[i - 1]!, ids[i]!);
      this.#count(key, frequency, index);
      if (ids[i - 1] === merged || ids[i] === merged) made.add(key);
    }
    this.#words[index] = ids;
  }

  #count(pair: number, change: number, index: number): void {
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + change);
    if (change < 0) return;
    const holders = this.#holders.get(pair);
    if (holders) holders.add(index);
    else this.#holders.set(pair, new Set([index]));
  }
}

interface HeapEntry {
  readonly count: number;
  readonly pair: number;
}

/** A binary heap: the largest count on top, of equal counts the smallest pair. */
class PairHeap {
  readonly #entries: HeapEntry[] = [];

  push(count: number, pair: number): void {
    const entries = this.#entries;
    const entry = { count, pair };
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, entries[parent]!)) break;
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = entry;
  }

  pop(): HeapEntry | undefined {
    const entries = this.#entries;
    const top = entries[0];
    const last = entries.pop();
    if (entries.length === 0 || last === undefined) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && before(entries[child + 1]!, entries[child]!)) child++;
      if (!before(entries[child]!, last)) break;
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = last;
    return top;
  }
}

function before(a: HeapEntry, b: HeapEntry): boolean {
  return a.count !== b.count ? a.count > b.count : a.pair < b.pair;
}
