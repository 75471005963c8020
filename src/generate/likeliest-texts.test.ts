import { describe, expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { type Decoder, repeated } from "./decoders/decoder.ts";
import type { LanguageModel } from "./language-model.ts";
import { type LikeliestOptions, likeliestTexts } from "./likeliest-texts.ts";

const LETTERS = [..."abcd", ""];
const END = 4;
const random = new Random(8, "chain");
/** Scores of the next letter after the last two, of which one may be missing. */
const scoresAfter = (ids: readonly number[]) =>
  Float32Array.from(
    LETTERS,
    (_, k) => 4 * random.uniform(100 * (ids.at(-1) ?? 7) + 10 * (ids.at(-2) ?? 7) + k),
  );

/** A model that sees two letters back. */
class Chain implements Decoder {
  readonly batch: number;
  #rows: number[][];
  constructor(rows: number[][]) {
    this.batch = rows.length;
    this.#rows = rows;
  }
  async append(ids: Int32Array): Promise<Float32Array> {
    const length = ids.length / this.batch;
    this.#rows = this.#rows.map((row, r) => [...row, ...ids.subarray(r * length, (r + 1) * length)]);
    return Float32Array.from(this.#rows.flatMap((row) => [...scoresAfter(row)]));
  }
  start(ids: Int32Array): Promise<Float32Array> {
    this.#rows = this.#rows.map(() => []);
    return this.append(repeated(ids, this.batch));
  }
  branch(rows: ArrayLike<number>): Decoder {
    return new Chain(Array.from(rows, (r) => [...this.#rows[r]!]));
  }
  rewind(): boolean {
    return false;
  }
  reset(): void {}
  async release(): Promise<void> {}
}

const lm = {
  stopAtEos: true,
  tokenizer: {
    size: LETTERS.length,
    endOfText: END,
    decode: (ids: ArrayLike<number>) => Array.from(ids, (id) => LETTERS[id]).join(""),
  },
} as unknown as LanguageModel;
const PROMPT = [0];

function search(options: Partial<LikeliestOptions> & { beams: number }) {
  const decoder = new Chain(Array.from({ length: options.beams }, () => []));
  return likeliestTexts(lm, decoder, Int32Array.from(PROMPT), { n: 1, maxLength: 5, ...options });
}

/** Every text of up to five letters, with its log-probability. */
function everyText(ids: number[] = [], total = 0): { ids: number[]; total: number }[] {
  if (ids.length === 5 || ids.at(-1) === END) return [{ ids, total }];
  const scores = scoresAfter([...PROMPT, ...ids]);
  const all = Math.log(scores.reduce((sum, s) => sum + Math.exp(s), 0));
  return LETTERS.flatMap((_, k) => everyText([...ids, k], total + scores[k]! - all));
}

const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

describe("likeliestTexts", () => {
  it("finds the likeliest of all texts where the beams hold every beginning", async () => {
    const expected = everyText().sort((a, b) => b.total - a.total);
    const found = await search({ beams: 300, n: 20 });
    expect(found.map(({ ids }) => ids)).toEqual(expected.slice(0, 20).map(({ ids }) => ids));
    found.forEach(({ logProbabilities, finish, ids, text }, i) => {
      expect(sum(logProbabilities)).toBeCloseTo(expected[i]!.total, 5);
      expect(finish).toBe(ids.at(-1) === END ? "eos" : "length");
      expect(text).toBe(ids.map((id) => LETTERS[id]).join(""));
    });
  });

  it("is greedy with one beam, and never worse with more", async () => {
    const greedy: number[] = [];
    while (greedy.length < 5 && greedy.at(-1) !== END) {
      const scores = scoresAfter([...PROMPT, ...greedy]);
      greedy.push(scores.indexOf(Math.max(...scores)));
    }
    const [one] = await search({ beams: 1 });
    const [four] = await search({ beams: 4 });
    expect(one!.ids).toEqual(greedy);
    expect(sum(four!.logProbabilities)).toBeGreaterThanOrEqual(sum(one!.logProbabilities));
  });

  it("stops at a stop text, and never writes what it must not", async () => {
    for (const { text, finish } of await search({ beams: 8, n: 8, stop: ["b"] })) {
      expect(text).not.toContain("b");
      expect(["eos", "length", "stop"]).toContain(finish);
    }
    for (const { ids } of await search({ beams: 8, n: 8, never: 2 })) expect(ids).not.toContain(2);
  });
});
