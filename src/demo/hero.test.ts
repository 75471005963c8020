import { expect, test } from "vitest";
import { heroOf } from "./hero.ts";
import type { ChapterResults } from "./state.ts";

const best = (text: string, reads: number) => ({
  text,
  reads,
  temperature: 0.8,
  floor: 2,
  of: 80,
  passed: 7,
});
const results = (
  parts: {
    readonly [Name in "characters" | "gpt"]?: ReturnType<typeof best> | undefined;
  },
): ChapterResults => {
  const cities = {
    written: [
      { text: "Oslo", known: true },
      { text: "Marlanova", known: false },
      { text: "x", known: false },
      { text: "Ferseni", known: false },
    ],
  };
  const chapters = Object.fromEntries(Object.entries(parts).map(([name, one]) => [name, { best: one }]));
  return { cities, ...chapters } as unknown as ChapterResults;
};

test("the joke that reads better is on top, whoever wrote it", () => {
  const both = heroOf(results({ characters: best("By letters.", 2.5), gpt: best("By pieces.", 3.1) }));
  expect(both).toMatchObject({ kind: "joke", text: "By pieces." });
  expect(both!.byline).toMatch(
    /^By the fine-tuned GPT-2, at temperature 0\.8\. It wrote 80 texts; 7 are whole/,
  );
  const other = heroOf(results({ characters: best("By letters.", 3.5), gpt: best("By pieces.", 3.1) }));
  expect(other).toMatchObject({ text: "By letters." });
});

test("where no joke is good enough, made-up names are, and it says why", () => {
  const none = heroOf(results({ characters: undefined, gpt: undefined }));
  expect(none).toMatchObject({ kind: "names", text: "Marlanova and Ferseni." });
  expect(none!.byline).toContain("No joke of this short training");
  const early = heroOf(results({}));
  expect(early!.byline).not.toContain("No joke");
  expect(heroOf({})).toBeUndefined();
});
