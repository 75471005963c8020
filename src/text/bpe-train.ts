/**
 * Training of a byte-level BPE vocabulary (Sennrich et al. 2016, "Neural Machine Translation of Rare Words
 * with Subword Units", on the bytes of GPT-2's words): the most frequent pair of neighbours becomes one
 * token, again and again. Runs in a browser.
 *
 * Each distinct word is kept once with its count. A merge visits the places of its pair and no others, so the work
 * grows with the text and not with the length of its words: DNA, base64 and scripts without spaces are one word. A
 * heap holds the pairs by count. An entry may be out of date and is corrected when it comes up: a count can only fall,
 * except where a merge makes the pair again, and then the pair is pushed again.
 *
 * @example
 * const { files } = trainBpe(jokes, { vocabularySize: 4096 });
 * const tokenizer = huggingfaceTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
 */
import { UsageError } from "../core/errors.ts";
import { inTurns } from "../core/turns.ts";
import { alphabetBytes, byteAlphabet, gpt2Words } from "./bpe-bytes.ts";
import { bpeFiles, END_OF_TEXT } from "./bpe-files.ts";
import { Heap } from "./heap.ts";
import type { TokenizerFiles } from "./huggingface-files.ts";
import { WordCounts } from "./word-counts.ts";

export interface BpeTrainOptions {
  /** Ids in all: 256 bytes, the merges, and `<|endoftext|>` as the last. 257 to 65,536. */
  readonly vocabularySize: number;
  /** A pair seen less often than this is not merged; default 2. The vocabulary is then smaller than asked for. */
  readonly minFrequency?: number | undefined;
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
  const steps = bpeSteps(texts, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The same, but it yields to the event loop (timers, signals, requests) again and again.
 * @param signal its reason is thrown where it is aborted
 */
export const trainBpeInTurns = (
  texts: Iterable<string>,
  options: BpeTrainOptions & { readonly signal?: AbortSignal | undefined },
): Promise<BpeTraining> => inTurns(bpeSteps(texts, options), options.signal);

/** The training, in small steps. */
function* bpeSteps(texts: Iterable<string>, options: BpeTrainOptions): Generator<undefined, BpeTraining> {
  const { vocabularySize, minFrequency = 2 } = options;
  if (!Number.isInteger(vocabularySize) || vocabularySize <= BYTES || vocabularySize > MAX_VOCABULARY) {
    throw new UsageError(
      `A BPE vocabulary of ${vocabularySize} is not possible; give ${BYTES + 1} to ${MAX_VOCABULARY}.`,
      {
        option: "vocabularySize",
        value: vocabularySize,
        expected: `a whole number from ${BYTES + 1} to ${MAX_VOCABULARY}`,
      },
    );
  }
  const words = new WordCounts();
  for (const text of texts) {
    for (const word of text.match(gpt2Words) ?? []) words.add(word);
    yield;
  }
  const corpus = new Corpus(words.counts);
  const tokens = [...byteAlphabet];
  const merges: [string, string][] = [];
  while (tokens.length < vocabularySize - 1) {
    const best = corpus.popBest(minFrequency);
    if (!best) break;
    const [left, right] = best;
    merges.push([tokens[left]!, tokens[right]!]);
    corpus.merge(left, right, tokens.length);
    tokens.push(tokens[left]! + tokens[right]!);
    yield;
  }
  tokens.push(END_OF_TEXT);
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return { files: bpeFiles(vocab, merges), merges };
}

/** A pair of ids as one number, ordered as the pair is. */
const pairKey = (left: number, right: number) => left * MAX_VOCABULARY + right;

/** A pair of neighbours: how often it is seen, and the first of the places where it is, or -1. */
interface Pair {
  count: number;
  first: number;
}

/**
 * The bytes of the distinct words, one after the other. A place holds the token that begins there, or -1 inside a
 * token; it is linked with the tokens before and after it in its word, and with the other places of its pair.
 */
class Corpus {
  readonly #ids: Int32Array;
  readonly #previous: Int32Array;
  readonly #next: Int32Array;
  /** How often the word of a place is seen. */
  readonly #frequencies: Int32Array;
  /** Neighbours in the list of the places of a pair. */
  readonly #before: Int32Array;
  readonly #after: Int32Array;
  readonly #pairs = new Map<number, Pair>();
  readonly #heap = new Heap(before);

  constructor(words: ReadonlyMap<string, number>) {
    const encoder = new TextEncoder();
    let length = 0;
    for (const word of words.keys()) length += encoder.encode(word).length;
    const places = () => new Int32Array(length).fill(-1);
    this.#ids = places();
    this.#previous = places();
    this.#next = places();
    this.#frequencies = places();
    this.#before = places();
    this.#after = places();
    const idOfByte = new Uint8Array(BYTES);
    for (const [id, byte] of alphabetBytes.entries()) idOfByte[byte] = id;
    let start = 0;
    for (const [word, frequency] of words) {
      const bytes = encoder.encode(word);
      const end = start + bytes.length;
      for (let place = start; place < end; place++) {
        this.#ids[place] = idOfByte[bytes[place - start]!]!;
        this.#frequencies[place] = frequency;
        if (place > start) this.#previous[place] = place - 1;
        if (place + 1 < end) this.#next[place] = place + 1;
      }
      for (let place = start; place + 1 < end; place++) this.#link(place);
      start = end;
    }
    for (const [key, { count }] of this.#pairs) this.#heap.push({ count, pair: key });
  }

  /** The most frequent pair, if it is seen at least `minFrequency` times. */
  popBest(minFrequency: number): [number, number] | undefined {
    for (let top = this.#heap.pop(); top; top = this.#heap.pop()) {
      const count = this.#pairs.get(top.pair)?.count ?? 0;
      if (count !== top.count) {
        if (count > 0) this.#heap.push({ count, pair: top.pair });
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
    const made = new Set<number>();
    for (const place of this.#placesOf(pairKey(left, right))) {
      const second = this.#next[place]!;
      // In a run of one token, the merge before may have taken it.
      if (this.#ids[place] !== left || second < 0 || this.#ids[second] !== right) continue;
      const before = this.#previous[place]!;
      const after = this.#next[second]!;
      this.#unlink(place);
      if (before >= 0) this.#unlink(before);
      if (after >= 0) this.#unlink(second);
      this.#ids[place] = merged;
      this.#ids[second] = -1;
      this.#next[place] = after;
      if (after >= 0) {
        this.#previous[after] = place;
        made.add(this.#link(place));
      }
      if (before >= 0) made.add(this.#link(before));
    }
    for (const key of made) {
      const count = this.#pairs.get(key)?.count ?? 0;
      if (count > 0) this.#heap.push({ count, pair: key });
    }
  }

  /** The places of a pair, in their order. */
  #placesOf(key: number): Int32Array {
    const places: number[] = [];
    for (let place = this.#pairs.get(key)?.first ?? -1; place >= 0; place = this.#after[place]!)
      places.push(place);
    return Int32Array.from(places).sort();
  }

  #keyAt(place: number): number {
    return pairKey(this.#ids[place]!, this.#ids[this.#next[place]!]!);
  }

  /** Counts the pair at a place, and gives its key. */
  #link(place: number): number {
    const key = this.#keyAt(place);
    const pair = this.#pairs.get(key);
    const first = pair?.first ?? -1;
    if (pair) {
      pair.count += this.#frequencies[place]!;
      pair.first = place;
    } else this.#pairs.set(key, { count: this.#frequencies[place]!, first: place });
    this.#before[place] = -1;
    this.#after[place] = first;
    if (first >= 0) this.#before[first] = place;
    return key;
  }

  #unlink(place: number): void {
    const key = this.#keyAt(place);
    const pair = this.#pairs.get(key)!;
    pair.count -= this.#frequencies[place]!;
    const before = this.#before[place]!;
    const after = this.#after[place]!;
    if (before >= 0) this.#after[before] = after;
    else pair.first = after;
    if (after >= 0) this.#before[after] = before;
    if (pair.count === 0) this.#pairs.delete(key);
  }
}

interface HeapEntry {
  readonly count: number;
  readonly pair: number;
}

/** The largest count comes first, of equal counts the smallest pair. */
function before(a: HeapEntry, b: HeapEntry): boolean {
  return a.count !== b.count ? a.count > b.count : a.pair < b.pair;
}
