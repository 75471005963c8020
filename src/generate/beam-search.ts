/**
 * Beam search for what comes next in a text, up to the end of a word. All beams go through a decoder as the
 * rows of one batch.
 *
 * A result's probability is the model's own: that of its tokens, times that of its ending there, which is
 * the sum over every token that does not go on with the last word. So the results of one search exclude each
 * other, and the probabilities of all that are possible sum to 1 at most.
 *
 * Where a vocabulary may spell the last word typed in tokens that go beyond it ("chi" as a part of " chicken"),
 * the search begins before that word, follows the tokens that spell it, and gives probabilities among those.
 */
import type { Decoder } from "./decoders/decoder.ts";
import { likeliest } from "./likeliest.ts";
import type { Pieces } from "./pieces.ts";
import { logSumExp } from "./sampler.ts";
import { findWordEnd } from "./word-end.ts";

export interface Found {
  /** What would be added to the text. */
  readonly text: string;
  /** Of the text going on with just this. */
  readonly probability: number;
}

/** Where a search starts: what has been read, and what the model says comes next. */
export interface Start {
  /** Of one row. */
  readonly decoder: Decoder;
  /** [vocabulary], after that row. */
  readonly logits: Float32Array;
  /** The last token read; undefined at the beginning of a text. */
  readonly last: number | undefined;
  /** What is typed after that, which results must begin with. */
  readonly rest: string;
  /** All that is typed. */
  readonly typed: string;
}

export interface SearchOptions {
  /** Results wanted. */
  readonly n: number;
  /** Words that a result adds or completes; one of several words may also end with a sentence or the text. */
  readonly words: number;
  /** Beams side by side. */
  readonly width: number;
  /** Results less likely than this are not looked for. */
  readonly least: number;
  /** Most tokens of a result. */
  readonly steps: number;
  readonly signal?: AbortSignal | undefined;
}

/** A text under way. */
interface Beam {
  /** Its row, or the row to continue from. */
  readonly row: number;
  readonly last: number | undefined;
  /** What it adds to what is typed. */
  readonly text: string;
  /** What is typed and not yet spelt by its tokens. */
  readonly rest: string;
  readonly logProbability: number;
}

/** Spellings of what is typed are followed while they hold this share of those that are complete. */
const WORTH_FOLLOWING = 0.02;

/** The likeliest results, best first; undefined where no token fits what is typed. */
export async function beamSearch(
  pieces: Pieces,
  start: Start,
  options: SearchOptions,
): Promise<Found[] | undefined> {
  const search = new Search(pieces, start, options);
  let { decoder, logits } = start;
  let beams: readonly Beam[] = [{ row: 0, last: start.last, text: "", rest: start.rest, logProbability: 0 }];
  for (let step = 0; step < options.steps; step++) {
    options.signal?.throwIfAborted();
    const next = search.expand(beams, logits, logits.length / decoder.batch);
    if (next.length === 0) break;
    // As many rows whatever the number of beams: one graph then serves all steps.
    const rows = Array.from({ length: options.width }, (_, i) => next[i] ?? next[0]!);
    decoder = decoder.branch(rows.map(({ row }) => row));
    logits = await decoder.append(Int32Array.from(rows, ({ last }) => last!));
    beams = next.map((beam, row) => ({ ...beam, row }));
  }
  return search.results.ranked(options.n, options.least);
}

/** The likeliest next tokens, as text, with `end` for the end of the text; undefined where none fits what is typed. */
export function nextPieces(
  pieces: Pieces,
  { logits, last, rest }: Start,
  n: number,
  end: string,
): Found[] | undefined {
  const scores = logits.subarray(0, pieces.size);
  const total = logSumExp(logits);
  const results = new Results(rest === "" ? 1 : 0);
  for (let id = 0; id < pieces.size; id++) {
    const isEnd = id === pieces.endOfText;
    if (isEnd ? rest !== "" : !pieces.usable[id]) continue;
    const text = isEnd ? end : pieces.after(last, id);
    if (!text.startsWith(rest)) continue;
    const probability = Math.exp(scores[id]! - total);
    if (rest !== "") results.spelt += probability;
    results.add(text.slice(rest.length), probability);
  }
  return results.ranked(n, 0);
}

/** What has been found, by text. */
class Results {
  readonly #found = new Map<string, number>();
  /** The probability of what is typed, as far as it had to be spelt. */
  spelt: number;

  constructor(spelt: number) {
    this.spelt = spelt;
  }

  add(text: string, probability: number): void {
    if (text !== "") this.#found.set(text, (this.#found.get(text) ?? 0) + probability);
  }

  nth(n: number): number {
    return [...this.#found.values()].sort((a, b) => b - a)[n - 1] ?? 0;
  }

  ranked(n: number, least: number): Found[] | undefined {
    if (this.spelt === 0) return undefined;
    return [...this.#found]
      .map(([text, probability]) => ({ text, probability: Math.min(1, probability / this.spelt) }))
      .filter(({ probability }) => probability >= least)
      .sort((a, b) => b.probability - a.probability)
      .slice(0, n);
  }
}

class Search {
  readonly results: Results;
  readonly #pieces: Pieces;
  readonly #typed: string;
  readonly #options: SearchOptions;

  constructor(pieces: Pieces, { rest, typed }: Start, options: SearchOptions) {
    this.#pieces = pieces;
    this.#typed = typed;
    this.#options = options;
    this.results = new Results(rest === "" ? 1 : 0);
  }

  /** The best beams with one more token each. What comes to its end by that goes to the results. */
  expand(beams: readonly Beam[], logits: Float32Array, vocabulary: number): Beam[] {
    const { n, width, least } = this.#options;
    const open = beams.flatMap((beam) => {
      const all = logits.subarray(beam.row * vocabulary, (beam.row + 1) * vocabulary);
      const scores = all.subarray(0, this.#pieces.size);
      const before = beam.logProbability - logSumExp(all);
      return beam.rest === "" ? this.#write(beam, scores, before) : this.#spell(beam, scores, before);
    });
    const { spelt } = this.results;
    // A beam only loses probability: one behind the n-th result has no part in the best n.
    const floor = Math.log(Math.max(least * spelt, this.results.nth(n)));
    const worth = Math.log(WORTH_FOLLOWING * spelt);
    return open
      .filter(({ rest, logProbability }) => logProbability > (rest === "" ? floor : worth))
      .sort((a, b) => b.logProbability - a.logProbability)
      .slice(0, width);
  }

  /** One more token of what is typed. */
  #spell({ row, last, rest }: Beam, scores: Float32Array, before: number): Beam[] {
    const open: Beam[] = [];
    for (let id = 0; id < scores.length; id++) {
      if (!this.#pieces.usable[id]) continue;
      const text = this.#pieces.after(last, id);
      const logProbability = before + scores[id]!;
      if (text.startsWith(rest)) {
        this.results.spelt += Math.exp(logProbability);
        this.#place({ row, last: id, text: text.slice(rest.length), rest: "", logProbability }, open);
      } else if (rest.startsWith(text)) {
        open.push({ row, last: id, text: "", rest: rest.slice(text.length), logProbability });
      }
    }
    return open;
  }

  /** One more token beyond what is typed. */
  #write(beam: Beam, scores: Float32Array, before: number): Beam[] {
    const { words, width } = this.#options;
    const { continuesWord, usable, endOfText } = this.#pieces;
    const { inLastWord } = findWordEnd(this.#typed, beam.text, words);
    if (inLastWord) {
      let ending = 0;
      for (let id = 0; id < scores.length; id++)
        if (!continuesWord[id]) ending += Math.exp(before + scores[id]!);
      this.results.add(beam.text, ending);
    } else if (words > 1) {
      this.results.add(beam.text.trimEnd(), Math.exp(before + scores[endOfText]!));
    }
    const allowed = inLastWord ? continuesWord : usable;
    const open: Beam[] = [];
    for (const id of likeliest(scores, width, allowed)) {
      const text = beam.text + this.#pieces.after(beam.last, id);
      this.#place({ row: beam.row, last: id, text, rest: "", logProbability: before + scores[id]! }, open);
    }
    return open;
  }

  /** To the results where a token came with more than the end; among the open beams otherwise. */
  #place(beam: Beam, open: Beam[]): void {
    const { end } = findWordEnd(this.#typed, beam.text, this.#options.words);
    if (end === undefined) open.push(beam);
    else this.results.add(beam.text.slice(0, end).trimEnd(), Math.exp(beam.logProbability));
  }
}
