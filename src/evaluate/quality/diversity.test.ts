import { describe, expect, it } from "vitest";
import { tokensOf } from "../ngram-counts.ts";
import { distinct, distribution, diversityOf, repetition, vocabularyOf } from "./diversity.ts";

describe("tokensOf", () => {
  it.each([
    ["Don't stop, it’s ME!", ["don't", "stop", ",", "it’s", "me", "!"]],
    ["'quoted' 3.5", ["'", "quoted", "'", "3", ".", "5"]],
    ["", []],
    ["Привет—мир", ["привет", "—", "мир"]],
  ])("%j", (text, tokens) => {
    expect(tokensOf(text)).toEqual(tokens);
  });
});

describe("distinct and repetition", () => {
  const texts = [["a", "b", "a", "b"], ["a", "b"], []];

  it("counts over all texts together", () => {
    expect(distinct(texts, 1)).toBe(2 / 6);
    expect(distinct(texts, 2)).toBe(2 / 4);
    expect(distinct(texts, 3)).toBe(1);
    expect(distinct([], 1)).toBeNaN();
  });

  it("takes the mean over the texts that are long enough", () => {
    expect(repetition(texts, 2)).toBeCloseTo((1 / 3 + 0) / 2, 12);
    expect(repetition([Array(10).fill("ha")])).toBe(1 - 1 / 7);
    expect(repetition([["a"]])).toBeNaN();
  });
});

describe("distribution", () => {
  it("agrees with NumPy", () => {
    // numpy: mean, std, and percentile([0, 5, 50, 95, 100]) of [3, 1, 4, 1, 5, 9, 2, 6]
    expect(distribution([3, 1, 4, 1, 5, 9, 2, 6])).toEqual({
      mean: 3.875,
      deviation: expect.closeTo(2.5708704751503917, 12),
      min: 1,
      p5: 1,
      median: 3.5,
      p95: expect.closeTo(7.95, 12),
      max: 9,
    });
    expect(distribution([7])).toMatchObject({ mean: 7, deviation: 0, p5: 7, max: 7 });
    expect(distribution([]).median).toBeNaN();
  });
});

describe("diversityOf", () => {
  const texts = ["The cat sat.", "The dog zzz!", " The cat sat. "];

  it("measures a set of texts", () => {
    const vocabulary = vocabularyOf(["the cat sat on the mat", "a dog"]);
    const quality = diversityOf(texts, { vocabulary, ended: [true, false, true] });
    expect(quality).toMatchObject({
      texts: 3,
      distinct: [7 / 12, 6 / 9, 4 / 6],
      repetition: 0,
      repeated: 1 - 2 / 3,
      length: { min: 12, max: 14 },
      words: { mean: 3, deviation: 0 },
      ended: 2 / 3,
      vocabulary: 5,
      real_words: 8 / 9,
      vocabulary_covered: 4 / 7,
    });
    expect(quality.self_bleu).toBeGreaterThan(0.5);
  });

  it("leaves out a measure without its input, and accepts no texts and empty ones", () => {
    const of = (some: readonly string[]) => diversityOf(some, { vocabulary: new Set(["a"]) });
    expect(of(texts).ended).toBeUndefined();
    expect(of([])).toMatchObject({ texts: 0, self_bleu: Number.NaN, vocabulary: 0 });
    expect(of(["", "!"])).toMatchObject({ words: { max: 0 }, vocabulary: 0 });
  });
});
