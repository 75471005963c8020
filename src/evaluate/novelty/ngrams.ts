/**
 * The training texts most like a text by shared character n-grams, exactly.
 *
 * The similarity of texts a and b is Dice's coefficient over n-grams with repetition: twice the n-grams
 * they share, over all n-grams of both. Texts are counted in blocks, the short ones first, so that the counters stay in
 * the processor's nearest memory. What the best so far have is the similarity that others must reach. A text that
 * reaches it shares the more n-grams the longer it is: so many that some are among the rarer ones, even where it has all
 * of the most frequent ones. So the lists of these, which are most of what there is to read, are passed over in the
 * blocks that follow, and only the few texts that may still be near are read (the threshold algorithms of Turtle and Flood, "Query evaluation: strategies and
 * optimizations", 1995, and of Li, Lu and Lu, "Efficient merging and filtering algorithms for approximate string
 * searches", ICDE 2008).
 */
import { NgramNumbers } from "./ngram-numbers.ts";
import { NgramPostings } from "./ngram-postings.ts";
import type { TrainingIndex } from "./training-index.ts";

export interface NgramNeighbour {
  /** Index of the training text. */
  readonly text: number;
  /** N-grams that both have, with repetition. */
  readonly shared: number;
  /** Dice's coefficient, 0 to 1. */
  readonly ngrams: number;
}

/** The part that is passed over, of the shared n-grams that a text must have. */
const PASSED_OVER = 0.5;

/** Finds neighbours in one index. */
export class NgramSearch {
  readonly #index: TrainingIndex;
  readonly #postings: NgramPostings;
  /** For each text of a block, how many n-grams the sample shares with it. All zero between blocks. */
  readonly #bytes: Uint8Array;
  /** The same for samples that have more n-grams than a byte counts. */
  #words: Int32Array | undefined;
  /** Texts of a block that may be near. */
  readonly #candidates: Uint16Array;

  /** @param block texts that are counted together */
  constructor(index: TrainingIndex, block?: number) {
    this.#index = index;
    this.#postings = new NgramPostings(index, block);
    const size = Math.min(this.#postings.block, index.texts.length);
    this.#bytes = new Uint8Array(size);
    this.#candidates = new Uint16Array(size);
  }

  /**
   * All texts with similarity of at least `always`, and the `count` most similar ones whatever their
   * similarity (as long as it is above 0); the most similar first, of equals the earlier text.
   *
   * @param sample symbols of the text, from `index.read`
   */
  nearest(sample: Uint16Array, count: number, always: number): NgramNeighbour[] {
    const wanted = new SampleNgrams(sample, this.#postings, this.#index.alphabetSize);
    const best = new Best(count);
    const found: NgramNeighbour[] = [];
    const { total } = wanted;
    const { order, sizes, block: size } = this.#postings;
    const counts = this.#counts(total);
    let needed = 0;
    for (let block = 0; block < order.length; block += size) {
      const least = fewestShared(total, sizes[block]!, needed);
      if (least > total) break; // these texts and all after them are too long
      wanted.passOver(Math.floor(PASSED_OVER * (least - 1)));
      const more = wanted.frequent; // than were counted, at most
      const candidates = this.#countBlock(wanted, block / size, counts, least - more);
      for (let k = 0; k < candidates; k++) {
        const counted = counts[this.#candidates[k]!]!;
        const place = block + this.#candidates[k]!;
        const all = total + sizes[place]!;
        if (2 * (counted + more) < needed * all - 1e-6) continue;
        const text = order[place]!;
        const shared = more === 0 ? counted : counted + this.#shared(wanted, text);
        const ngrams = dice(shared, all);
        if (ngrams < needed) continue;
        found.push({ text, shared, ngrams });
        best.add(ngrams);
        needed = Math.min(always, best.last);
      }
      counts.fill(0);
    }
    return found
      .filter(({ ngrams }) => ngrams >= needed)
      .sort((a, b) => b.ngrams - a.ngrams || a.text - b.text)
      .filter((b, i) => i < count || b.ngrams >= always);
  }

  /** Counters for a sample of `total` n-grams: no text shares more with it. */
  #counts(total: number): Uint8Array | Int32Array {
    if (total < 1 << 8) return this.#bytes;
    this.#words ??= new Int32Array(this.#bytes.length);
    return this.#words;
  }

  /** Counts what the sample shares with the texts of a block; returns how many `#candidates` come to `enough`. */
  #countBlock(wanted: SampleNgrams, block: number, counts: Uint8Array | Int32Array, enough: number): number {
    const { runs } = this.#postings;
    const { places, ends } = wanted;
    const candidates = this.#candidates;
    let found = 0;
    for (let list = 0; list < wanted.end; list++) {
      const run = places[list]!;
      if (run === ends[list] || runs[run] !== block) continue;
      const end = run + 2 + runs[run + 1]!;
      for (let k = run + 2; k < end; k++) {
        const text = runs[k]!;
        if (++counts[text]! === enough) candidates[found++] = text;
      }
      places[list] = end;
    }
    return found;
  }

  /** N-grams that the sample shares with a text, of those on the lists that are passed over. */
  #shared(wanted: SampleNgrams, text: number): number {
    const { symbols } = this.#index.parts;
    const { ngrams, passedOver } = wanted;
    const { from, to } = this.#index.bounds(text);
    const before = ngrams.n - 1;
    let shared = 0;
    let code = 0;
    wanted.beginText();
    for (let i = from; i < to; i++) {
      code = ngrams.next(code, symbols[i]!);
      if (passedOver[filterPlace(code)] === 0 || i - from < before) continue;
      if (wanted.takes(ngrams.find(code, symbols, i - before))) shared++;
    }
    return shared;
  }
}

/** The lists of a sample's n-grams, the shortest first. */
class SampleNgrams {
  /** All n-grams of the sample, also those that no training text has. */
  readonly total: number;
  readonly ngrams: NgramNumbers;
  /** Of each list, how far its texts were counted, and its end. */
  readonly places: Int32Array;
  readonly ends: Int32Array;
  /** The lists from this one on are passed over. */
  end: number;
  /** By `filterPlace` of the codes of n-grams whose lists are passed over; others may have the same place. */
  readonly passedOver = new Uint8Array(FILTER);
  /** Of each list, the n-gram by its number in `ngrams`; of each of these, its code and how many of its lists are passed over. */
  readonly #owners: Int32Array;
  readonly #codes: Int32Array;
  readonly #times: Int32Array;
  /** For the text that is compared, how often each n-gram was taken; of older texts where `#texts` differs. */
  readonly #taken: Int32Array;
  readonly #texts: Int32Array;
  #text = 0;

  constructor(sample: Uint16Array, postings: NgramPostings, alphabetSize: number) {
    const { n } = postings.numbers;
    const { starts } = postings;
    this.total = Math.max(0, sample.length - n + 1);
    this.ngrams = new NgramNumbers(n, alphabetSize, sample, sample.length);
    const codes = new Int32Array(this.total);
    /** Of each n-gram the list for the next time that the sample has it; 0 where no text has it as often. */
    const next = new Int32Array(this.total);
    const lists: { readonly list: number; readonly owner: number }[] = [];
    let code = 0;
    let known = 0;
    for (let i = 0; i < sample.length; i++) {
      const symbol = sample[i]!;
      known = symbol < alphabetSize ? known + 1 : 0;
      code = this.ngrams.next(code, symbol);
      if (known < n) continue;
      const place = i - n + 1;
      const number = postings.numbers.find(code, sample, place);
      if (number < 0) continue;
      const before = this.ngrams.size;
      const owner = this.ngrams.add(code, place);
      codes[owner] = code;
      const list = owner === before ? number : next[owner]!;
      if (owner !== before && list === 0) continue;
      lists.push({ list, owner });
      next[owner] = postings.again(list);
    }
    const length = (list: number) => starts[list + 1]! - starts[list]!;
    // Texts that have an n-gram twice have it once: of equally long lists, the one for more comes first.
    lists.sort((a, b) => length(a.list) - length(b.list) || b.list - a.list);
    this.places = Int32Array.from(lists, ({ list }) => starts[list]!);
    this.ends = Int32Array.from(lists, ({ list }) => starts[list + 1]!);
    this.end = lists.length;
    this.#owners = Int32Array.from(lists, ({ owner }) => owner);
    this.#codes = codes;
    this.#times = new Int32Array(this.ngrams.size);
    this.#taken = new Int32Array(this.ngrams.size);
    this.#texts = new Int32Array(this.ngrams.size);
  }

  /** Lists that are passed over. */
  get frequent(): number {
    return this.places.length - this.end;
  }

  /** Passes over the longest lists, `most` of them at most. */
  passOver(most: number): void {
    for (; this.end > 0 && this.frequent < most; this.end--) {
      const owner = this.#owners[this.end - 1]!;
      this.#times[owner]!++;
      this.passedOver[filterPlace(this.#codes[owner]!)] = 1;
    }
  }

  /** Begins to compare another text. */
  beginText(): void {
    this.#text++;
  }

  /** Whether the text that is compared is, for this n-gram (-1 for others), on one more of the lists that are passed over. */
  takes(ngram: number): boolean {
    if (ngram < 0) return false;
    if (this.#texts[ngram] !== this.#text) {
      this.#texts[ngram] = this.#text;
      this.#taken[ngram] = 0;
    }
    return this.#taken[ngram]!++ < this.#times[ngram]!;
  }
}

/** Places of a filter, and the place of an n-gram by its code. */
const FILTER = 1 << 12;
const filterPlace = (code: number): number => Math.imul(code, 0x9e3779b1) >>> 20;

/** The highest scores so far. */
class Best {
  readonly #scores: Float64Array;

  constructor(count: number) {
    this.#scores = new Float64Array(count);
  }

  /** The lowest of them; 0 until there are as many as there is room for. */
  get last(): number {
    return this.#scores[this.#scores.length - 1]!;
  }

  add(score: number): void {
    const scores = this.#scores;
    let place = scores.length - 1;
    if (score <= scores[place]!) return;
    for (; place > 0 && scores[place - 1]! < score; place--) scores[place] = scores[place - 1]!;
    scores[place] = score;
  }
}

/**
 * The fewest n-grams (at least 1) that a text must share to reach `similarity` with a sample of `total` n-grams, where it
 * has `size` itself or more; it has at least what it shares. Rounded down, against rounding errors.
 */
function fewestShared(total: number, size: number, similarity: number): number {
  const whole = (similarity * total) / (2 - similarity);
  return Math.max(1, Math.floor(Math.max(whole, (similarity * (total + size)) / 2) - 1e-6));
}

function dice(shared: number, all: number): number {
  return all === 0 ? 0 : (2 * shared) / all;
}
