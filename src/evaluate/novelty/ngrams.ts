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

/** Texts that are counted together. */
const BLOCK = 1 << 15;
/** The part that is passed over, of the shared n-grams that a text must have. */
const PASSED_OVER = 0.5;

/** Finds neighbours in one index. */
export class NgramSearch {
  readonly #index: TrainingIndex;
  readonly #block: number;
  readonly #postings: NgramPostings;
  /** For each text of a block, how many n-grams the sample shares with it. All zero between blocks. */
  readonly #counts: Uint16Array | Int32Array;
  /** Texts of a block that may be near. */
  readonly #candidates: Int32Array;

  /** @param block texts that are counted together */
  constructor(index: TrainingIndex, block = BLOCK) {
    this.#index = index;
    this.#block = block;
    this.#postings = new NgramPostings(index);
    const longest = this.#postings.sizes.at(-1) ?? 0;
    const size = Math.min(block, index.texts.length);
    this.#counts = longest < 2 ** 16 ? new Uint16Array(size) : new Int32Array(size);
    this.#candidates = new Int32Array(size);
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
    const { order, sizes } = this.#postings;
    let needed = 0;
    for (let block = 0; block < order.length; block += this.#block) {
      const least = fewestShared(total, sizes[block]!, needed);
      if (least > total) break; // these texts and all after them are too long
      wanted.passOver(Math.floor(PASSED_OVER * (least - 1)));
      const more = wanted.frequent; // than were counted, at most
      const candidates = this.#countBlock(wanted, block, least - more);
      for (let k = 0; k < candidates; k++) {
        const place = this.#candidates[k]!;
        const counted = this.#counts[place - block]!;
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
      this.#counts.fill(0);
    }
    return found
      .filter(({ ngrams }) => ngrams >= needed)
      .sort((a, b) => b.ngrams - a.ngrams || a.text - b.text)
      .filter((b, i) => i < count || b.ngrams >= always);
  }

  /** Counts what the sample shares with the texts of a block; returns how many `#candidates` come to `enough`. */
  #countBlock(wanted: SampleNgrams, block: number, enough: number): number {
    const texts = this.#postings.texts;
    const counts = this.#counts;
    const candidates = this.#candidates;
    const after = block + this.#block;
    let found = 0;
    for (let list = 0; list < wanted.end; list++) {
      const end = wanted.ends[list]!;
      const times = wanted.times[wanted.order[list]!]!;
      let k = wanted.places[list]!;
      let last = -1;
      let left = 0;
      for (; k < end; k++) {
        const text = texts[k]!;
        if (text >= after) break;
        if (text !== last) {
          last = text;
          left = times;
        }
        if (left-- > 0 && ++counts[text - block]! === enough) candidates[found++] = text;
      }
      wanted.places[list] = k;
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

/** The n-grams of a sample that training texts have, in the order of how many have them. */
class SampleNgrams {
  /** All n-grams of the sample, also those that no training text has. */
  readonly total: number;
  readonly ngrams: NgramNumbers;
  /** How often the sample has each of `ngrams`. */
  readonly times: Int32Array;
  /** The n-grams as numbers of `ngrams`, rarest first; and the place of each in this order. */
  readonly order: Int32Array;
  readonly #rank: Int32Array;
  /** Of each n-gram, rarest first: its number in the postings, how far its texts were counted, and their end. */
  readonly lists: Int32Array;
  readonly places: Int32Array;
  readonly ends: Int32Array;
  /** The n-grams from this place on are passed over; the sample has `frequent` of them. */
  end: number;
  frequent = 0;
  /** By `filterPlace` of their codes; others may have the same place. */
  readonly passedOver = new Uint8Array(FILTER);
  readonly #codes: Int32Array;
  /** For the text that is compared, how often each n-gram was taken; of older texts where `#texts` differs. */
  readonly #taken: Int32Array;
  readonly #texts: Int32Array;
  #text = 0;

  constructor(sample: Uint16Array, postings: NgramPostings, alphabetSize: number) {
    const { n } = postings;
    this.total = Math.max(0, sample.length - n + 1);
    this.ngrams = new NgramNumbers(n, alphabetSize, sample);
    const times = new Int32Array(this.total);
    const numbers = new Int32Array(this.total);
    const codes = new Int32Array(this.total);
    let code = 0;
    let known = 0;
    for (let i = 0; i < sample.length; i++) {
      const symbol = sample[i]!;
      known = symbol < alphabetSize ? known + 1 : 0;
      code = this.ngrams.next(code, symbol);
      if (known < n) continue;
      const place = i - n + 1;
      const number = postings.find(sample, place);
      if (number < 0) continue;
      const own = this.ngrams.add(code, place);
      numbers[own] = number;
      codes[own] = code;
      times[own]!++;
    }
    const size = this.ngrams.size;
    const { starts } = postings;
    const lengths = numbers.subarray(0, size).map((number) => starts[number + 1]! - starts[number]!);
    this.times = times;
    this.#codes = codes;
    this.end = size;
    this.order = Int32Array.from({ length: size }, (_, k) => k).sort(
      (a, b) => lengths[a]! - lengths[b]! || a - b,
    );
    this.#rank = new Int32Array(size);
    this.order.forEach((own, place) => {
      this.#rank[own] = place;
    });
    this.lists = this.order.map((own) => numbers[own]!);
    this.places = this.lists.map((number) => starts[number]!);
    this.ends = this.lists.map((number) => starts[number + 1]!);
    this.#taken = new Int32Array(size);
    this.#texts = new Int32Array(size);
  }

  /** Passes over the most frequent n-grams, as long as the sample has `most` of them at most. */
  passOver(most: number): void {
    while (this.end > 0) {
      const next = this.order[this.end - 1]!;
      if (this.frequent + this.times[next]! > most) return;
      this.end--;
      this.frequent += this.times[next]!;
      this.passedOver[filterPlace(this.#codes[next]!)] = 1;
    }
  }

  /** Begins to compare another text. */
  beginText(): void {
    this.#text++;
  }

  /** Whether this n-gram (-1 for others) is passed over, and the sample has it as often as the text that is compared. */
  takes(ngram: number): boolean {
    if (ngram < 0 || this.#rank[ngram]! < this.end) return false;
    if (this.#texts[ngram] !== this.#text) {
      this.#texts[ngram] = this.#text;
      this.#taken[ngram] = 0;
    }
    return this.#taken[ngram]!++ < this.times[ngram]!;
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
