/** Counts are held to a plain map: exact where there is room, within the stated error where there is not. */
import { expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { WordCounts } from "./word-counts.ts";

/** Words by Zipf's law: many rare ones, a few that are seen all the time. */
function* zipf(n: number): Generator<string> {
  const random = new Random(1, "words");
  for (let i = 0; i < n; i++) yield `w${Math.floor(1 / (random.uniform(i) + 1e-5))}`;
}

const exactly = (words: Iterable<string>) => {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
};

it("counts exactly, in the order of the words, where there is room", () => {
  const counts = new WordCounts();
  for (const word of zipf(20_000)) counts.add(word);
  expect([...counts.counts]).toEqual([...exactly(zipf(20_000))]);
  expect(counts.error).toBe(0);
});

it.each([{ words: 100 }, { characters: 200 }])(
  "keeps within %o, and what it drops within its error",
  (room) => {
    const counts = new WordCounts(room);
    for (const word of zipf(20_000)) counts.add(word);
    const all = exactly(zipf(20_000));
    expect(all.size).toBeGreaterThan(200);
    expect(counts.counts.size).toBeLessThanOrEqual(100);
    expect(counts.error).toBeGreaterThan(0);
    for (const [word, count] of all) {
      const found = counts.counts.get(word);
      if (found === undefined) expect(count).toBeLessThanOrEqual(counts.error);
      else {
        expect(found).toBeGreaterThanOrEqual(count);
        expect(found - count).toBeLessThanOrEqual(counts.error);
      }
    }
  },
);
