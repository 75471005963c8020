import { describe, expect, it } from "vitest";
import { normalise } from "../text/normalise.ts";
import { findDuplicates, nearThresholds } from "./duplicates.ts";
import { hashText } from "./hash.ts";
import { createShingles } from "./shingles.ts";

/** The definition, pair by pair, without any of the shortcuts. */
function bruteForce(texts: readonly string[], near = nearThresholds()): number[] {
  const wordSet = (text: string) => new Set(text.split(" "));
  const letters = (words: Iterable<string>) =>
    [...words].reduce((sum, word) => sum + Math.max(1, word.length), 0);
  const shingleSet = (text: string) =>
    new Set(Array.from({ length: Math.max(1, text.length - 3) }, (_, i) => text.slice(i, i + 4)));
  const both = <T>(a: Set<T>, b: Set<T>) => [...a].filter((x) => b.has(x));
  const plain = <T>(a: Set<T>, b: Set<T>) => both(a, b).length / new Set([...a, ...b]).size;
  const isNear = (x: string, y: string) => {
    const [a, b] = [wordSet(x), wordSet(y)];
    const weighed = letters(both(a, b)) / letters(new Set([...a, ...b]));
    if (weighed < near.candidates - 1e-9) return false;
    if (Math.max(weighed, plain(a, b)) >= near.words - 1e-9) return true;
    return plain(shingleSet(x), shingleSet(y)) >= near.shingles - 1e-9;
  };
  const kept: number[] = [];
  const seen = new Set<string>();
  return texts.map((text, i) => {
    if (seen.has(text)) return -2;
    seen.add(text);
    if (kept.some((j) => isNear(text, texts[j]!))) return 1;
    kept.push(i);
    return -1;
  });
}

/** Texts of few words, so that many are near each other. */
function randomTexts(n: number, seed: number): string[] {
  const words =
    "the a dog cat walked into bar said what difference between chickens why elephant refrigerator".split(
      " ",
    );
  let counter = 0;
  const next = (below: number) => hashText(String(counter++), seed) % below;
  const texts: string[] = [];
  for (let i = 0; i < n; i++) {
    const earlier = texts[next(texts.length + 1)];
    if (earlier !== undefined && next(2) === 0) {
      const parts = earlier.split(" ");
      parts[next(parts.length)] = words[next(words.length)]!;
      if (next(3) === 0) parts.push("x".repeat(1 + next(3)));
      texts.push(parts.join(" "));
    } else {
      texts.push(Array.from({ length: 1 + next(12) }, () => words[next(words.length)]!).join(" "));
    }
  }
  return texts;
}

describe("findDuplicates", () => {
  it.each([1, 2, 3, 4])("finds what comparing all pairs finds (random texts %i)", async (seed) => {
    const texts = randomTexts(400, seed);
    const expected = bruteForce(texts);
    const { exact, near } = await findDuplicates(texts);
    expect(texts.map((_, i) => (exact[i]! >= 0 ? -2 : near[i]! >= 0 ? 1 : -1))).toEqual(expected);
    expect(expected.filter((mark) => mark === 1).length).toBeGreaterThan(20);
    expect(expected.filter((mark) => mark === -1).length).toBeGreaterThan(20);
  });

  it("holds the same for other thresholds", async () => {
    const texts = randomTexts(300, 9);
    for (const words of [0.4, 0.9, 1]) {
      const { exact, near } = await findDuplicates(texts, { words });
      expect(texts.map((_, i) => (exact[i]! >= 0 ? -2 : near[i]! >= 0 ? 1 : -1))).toEqual(
        bruteForce(texts, nearThresholds({ words })),
      );
    }
  });

  it("keeps the first of a group whatever comes after", async () => {
    const texts = randomTexts(300, 5);
    const before = await findDuplicates(texts.slice(0, 200));
    const after = await findDuplicates(texts);
    expect([...after.near.subarray(0, 200)]).toEqual([...before.near]);
    expect([...after.exact.subarray(0, 200)]).toEqual([...before.exact]);
  });

  it.each([
    [
      "Why did the chicken cross the road? To get to the other side.",
      "Why did the chicken cross the road? To get to the other sdie!",
    ],
    ["I used to be a banker but I lost interest.", "I used to be a banker, but then I lost interest"],
    ["I cant believe it's not butter, said the cow", "I can't believe its not buter said the cow."],
  ])("takes %j and %j for copies", async (a, b) => {
    const { exact, near } = await findDuplicates([a, b].map(normalise));
    expect(Math.max(exact[1]!, near[1]!)).toBe(0);
  });

  it.each([
    ["What do you call a fish with no eyes? Fsh.", "What do you call a deer with no legs? Venison."],
    ["I love my cat.", "I hate Mondays."],
    [":-)", ":-("],
  ])("keeps %j and %j apart", async (a, b) => {
    expect([...(await findDuplicates([a, b].map(normalise))).near]).toEqual([-1, -1]);
  });

  it.each([
    ["Thai", 0xe01, 46, 250],
    ["Hiragana", 0x3042, 80, 400],
    ["Chinese", 0x4e00, 300, 1500],
  ])(
    "knows near copies in %s, and does not take texts of the same letters for them",
    async (_, first, size, length) => {
      // Letters as uneven as those of a language, so that two texts have nearly all of them in common.
      const letter = (n: number) =>
        String.fromCodePoint(first + Math.floor(size * ((hashText(String(n), 3) % 10_000) / 10_000) ** 2));
      const texts = Array.from({ length: 20 }, (_, i) =>
        Array.from({ length }, (_, k) => letter(1000 * (i + 1) * 2 + k)).join(""),
      );
      const near = async (all: readonly string[]) => [...(await findDuplicates(all.map(normalise))).near];
      expect(await near(texts)).toEqual(texts.map(() => -1));
      const slip = `${texts[0]!.slice(0, 50)}${texts[1]![0]}${texts[0]!.slice(52)}`;
      expect((await near([...texts, slip])).at(-1)).toBe(0);
    },
  );

  it("looks for exact ones only where asked to, and refuses thresholds out of range", async () => {
    const texts = ["a b c d e f", "a b c d e g", "a b c d e f"];
    const { exact, near } = await findDuplicates(texts, false);
    expect([...exact]).toEqual([-1, -1, 0]);
    expect([...near]).toEqual([-1, -1, -1]);
    await expect(findDuplicates(texts, { words: 1.2 })).rejects.toThrow(/above 0, at most 1; got 1.2/);
  });
});

it("the search for near duplicates stops where it is asked to", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("stopped")), 1);
  const texts = randomTexts(20_000, 3);
  await expect(findDuplicates(texts, {}, () => {}, stop.signal)).rejects.toThrow("stopped");
});

describe("createShingles", () => {
  it("measures the overlap of four-character pieces", () => {
    const shingles = createShingles();
    shingles.load("abcdef"); // abcd bcde cdef
    expect(shingles.jaccard("abcdeg")).toBe(2 / 4);
    expect(shingles.jaccard("abc")).toBe(0);
    expect(shingles.reaches("abcdef", 1)).toBe(true);
    expect(shingles.reaches("abcd", 0.5)).toBe(false);
    shingles.load("\u4f60\u597d\u4e16\u754c!");
    expect(shingles.jaccard("\u4f60\u597d\u4e16\u754c?")).toBe(1 / 3);
  });
});
