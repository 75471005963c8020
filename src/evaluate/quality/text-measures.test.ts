import { describe, expect, it } from "vitest";
import { Auditor } from "../novelty/auditor.ts";
import { buildIndex } from "../novelty/training-index.ts";
import { vocabularyOf } from "./diversity.ts";
import { measureTexts } from "./text-measures.ts";

const training = ["the cat sat on the mat today", "a dog ran up the hill"];
const options = { auditor: new Auditor(buildIndex(training)), vocabulary: vocabularyOf(training) };

describe("measures of texts", () => {
  it("are those that can be counted by hand", async () => {
    const texts = ["the cat sat on the mat today", "The zebra ran up the hill", "The zebra ran up the hill"];
    const measures = await measureTexts(texts, { ...options, ended: [true, true, false] });
    expect(measures).toMatchObject({ texts: 3, ended: 2 / 3, vocabulary: 10 });
    expect(measures.repeated).toBeCloseTo(1 / 3, 12);
    // 17 of 19 words: all but "zebra", twice. 10 words, 9 of them among the training texts' 11.
    expect(measures.real_words).toBeCloseTo(17 / 19, 12);
    expect(measures.vocabulary_covered).toBeCloseTo(9 / 11, 12);
    // 4-grams: 4 of the copy, all known; 3 of each other text, of which only "ran up the hill" is known.
    expect(measures.novelty.novel_4grams).toBeCloseTo(4 / 10, 12);
    expect(measures.novelty).toMatchObject({ copies: expect.any(Number), n: 3 });
    expect(measures.novelty.copies).toBeGreaterThanOrEqual(1);
  });

  it("know of no 4-grams where no text has four words", async () => {
    const { novelty } = await measureTexts(["a cat", "!"], options);
    expect(novelty).toMatchObject({ novel_4grams: null, copies: 0, n: 2 });
  });
});
