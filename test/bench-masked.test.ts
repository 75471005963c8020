/** The 5-gram model of `npm run bench -- masked`, against counting by brute force. */
import { describe, expect, it, test } from "vitest";
import { hideWords, wordsOf } from "../bench/masked/hidden.ts";
import { countAround } from "../bench/masked/ngrams.ts";
import { pairedInterval, pairedRates } from "../bench/masked/rates.ts";
import { Random } from "../src/core/random.ts";

const random = new Random(3, "words");
const words = ["the", "fox", "sees", "a", "hen", "and", "runs", ",", "."];
// Its end is of other words, so that each n-gram that is asked about is followed by something.
const text = Array.from({ length: 405 }, (_, i) => (i < 400 ? words[random.below(words.length, i)]! : "!"));

/** How often the words follow each other in the text. */
const count = (ngram: readonly string[]): number =>
  text.filter((_, i) => ngram.every((word, k) => text[i + k] === word)).length;

/** Stupid backoff of the last word given those before it. */
function score(ngram: readonly string[]): number {
  if (ngram.length === 1) return count(ngram) / text.length;
  const seen = count(ngram);
  return seen > 0 ? seen / count(ngram.slice(0, -1)) : 0.4 * score(ngram.slice(1));
}

test("the likeliest words for a blank are those that make all five 5-grams likeliest", () => {
  for (const place of [20, 77, 150, 233, 301]) {
    // The blank is in another order of words than the text, so that some n-grams were never seen.
    const before = [text[place]!, text[place + 9]!, text[place + 3]!, "unheard"];
    const after = [text[place + 5]!, text[place + 6]!, text[place + 1]!, text[place + 2]!];
    const product = (word: string) => {
      const all = [...[...before].reverse(), word, ...after];
      return [0, 1, 2, 3, 4].reduce((log, i) => log + Math.log(score(all.slice(i, i + 5))), 0);
    };
    const candidates = words.filter((word) => /^[a-z]+$/.test(word) && word !== "the");
    const found = countAround(text, [{ before, after }]).candidates(0, 9, (word) => word !== "the");
    expect([...found].sort()).toEqual([...candidates].sort());
    const logs = found.map(product);
    for (let i = 1; i < logs.length; i++) expect(logs[i - 1]!).toBeGreaterThanOrEqual(logs[i]! - 1e-9);
  }
});

test("words are hidden with what stands on both sides of them", () => {
  const work =
    "One two three four five six seven eight nine ten, eleven's twelve.\n\nToo short.\n<|endoftext|>\n";
  const [first] = hideWords(work, 1, new Random(1, "x"));
  expect(`${first!.left} ${first!.word} ${first!.right}`.replace(/ (?=[,.])/g, "")).toBe(
    "one two three four five six seven eight nine ten, eleven's twelve.",
  );
  expect([...first!.before].reverse().concat(first!.word, first!.after)).toEqual(
    wordsOf("One two three four five six seven eight nine ten, eleven's twelve."),
  );
  expect(first!.word).not.toMatch(/eleven|^s$/);
});

test("a document around a word is its context, and no other document", () => {
  const paragraph = (n: number) => `Paragraph ${n} has words enough to hide one of them, and some more.`;
  const work = `${paragraph(1)}\n\n${paragraph(2)}\n<|endoftext|>\n${paragraph(3)}\n\n${paragraph(4)}\n\n${paragraph(5)}`;
  const all = hideWords(work, 5, new Random(1, "x"), { context: "document" });
  const read = all.map(({ left, word, right }) => `${left} ${word} ${right}`.match(/\d/g)?.join(""));
  expect(read).toEqual(["12", "12", "345", "345", "345"]);
});

test("the interval of the difference counts the words that one of the two alone finds", () => {
  // Both find 30 of 100, ours alone 20, the peer alone 5, and neither the rest.
  const trials = Array.from({ length: 100 }, (_, i) => i);
  const found = pairedRates(
    trials.map((i) => i < 50),
    trials.map((i) => i < 30 || (i >= 50 && i < 55)),
  );
  expect(found).toMatchObject({ ours: 50, peer: 35 });
  // 15 points, with a standard error of sqrt(25 - 15^2 / 100) = 4.77.
  expect(found.note).toMatch(/^95 % interval of ours 40\.4 to 59\.6; ahead by 5\.7 to 24\.3 points/);
});

describe("pairedInterval", () => {
  it("is 1.96 standard errors of the mean of the paired differences", () => {
    const [firstOnly, secondOnly, trials] = [23, 11, 200];
    const differences = Array.from({ length: trials }, (_, i) =>
      i < firstOnly ? 1 : i < firstOnly + secondOnly ? -1 : 0,
    );
    const mean = differences.reduce<number>((sum, d) => sum + d, 0) / trials;
    const variance = differences.reduce<number>((sum, d) => sum + (d - mean) ** 2, 0) / trials;
    const margin = 1.96 * Math.sqrt(variance / trials);
    const { low, high } = pairedInterval(firstOnly, secondOnly, trials);
    expect(low).toBeCloseTo(mean - margin, 6);
    expect(high).toBeCloseTo(mean + margin, 6);
  });

  it("knows nothing without trials", () => {
    expect(pairedInterval(0, 0, 0)).toEqual({ low: -1, high: 1 });
  });
});
