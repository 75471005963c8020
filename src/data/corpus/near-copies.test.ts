import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findDuplicates, nearThresholds } from "../duplicates.ts";
import { hashText } from "../hash.ts";
import { memoryOfTexts } from "../prepare-opened.ts";
import { nearCopies } from "./near-copies.ts";
import { TextSpool } from "./spool.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "punchline-near-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Different texts of few words, of which many are near others. */
function texts(count: number): string[] {
  const words = "the a dog cat walked into bar said what between chickens why elephant refrigerator".split(
    " ",
  );
  let drawn = 0;
  const below = (n: number) => hashText(String(drawn++)) % n;
  const made = new Set<string>();
  while (made.size < count) {
    const length = 3 + below(9);
    made.add(Array.from({ length }, () => words[below(words.length)]!).join(" "));
  }
  return [...made];
}

it.each([0, 1, 40, 333, 1000])(
  "drops what is dropped in memory where %i texts are loaded at a time",
  async (loaded) => {
    const all = texts(1000);
    const { near } = await findDuplicates(all);
    const spool = new TextSpool(join(folder, "texts"));
    try {
      for (const text of all) spool.add({ text, prompt: 0 });
      const keptOf = new Map<number, number>();
      const parts: number[] = [];
      const search = nearCopies(spool, {
        thresholds: nearThresholds(),
        memory: memoryOfTexts(loaded, 40 * loaded),
        isLeft: (i) => !keptOf.has(i),
        onProgress: (part) => void parts.push(part),
      });
      for (const found of search) if (found) keptOf.set(found.dropped, found.kept);
      expect([...keptOf.keys()].sort((a, b) => a - b)).toEqual([...near.keys()].filter((i) => near[i]! >= 0));
      expect(keptOf.size).toBeGreaterThan(100);
      for (const [dropped, kept] of keptOf) {
        expect(kept).toBeLessThan(dropped);
        expect(keptOf.has(kept)).toBe(false);
        expect([...(await findDuplicates([all[kept]!, all[dropped]!])).near]).toEqual([-1, 0]);
      }
      expect(parts).toEqual([...parts].sort((a, b) => a - b));
    } finally {
      spool.close();
    }
  },
);
