import { expect, it } from "vitest";
import { sample } from "../../test/report-fixture/jokes.ts";
import { shortened } from "../evaluate/novelty/shortened.ts";
import { sampleColumns } from "./jokes.ts";

it("a text of many characters is cut, with its spans and its neighbours; a short one stays itself", () => {
  const short = sample("A joke.", "joke", "Another.", 0.2);
  expect(shortened(short)).toBe(short);
  const long = shortened({
    ...sample("ha ".repeat(1e6), "ha", "ha ".repeat(1e6), 1, true),
    same_cue: ["ho ".repeat(1e6)],
    spans: [
      { start: 0, end: 3e6, words: 1e6, source: 0 },
      { start: 2e6, end: 3e6, words: 1e5, source: 0 },
    ],
  });
  for (const text of [long.text, long.nearest[0]!.text, long.same_cue[0]!]) {
    expect(text.length).toBeLessThan(2000);
    expect(text.endsWith("…")).toBe(true);
  }
  expect(long.spans).toMatchObject([{ start: 0, end: 3e6 }]);
});

it("the nearest real text is beside a text that is like it, and not beside others", () => {
  const near = sample("An apple a day.", "An apple", "An apple a week.", 0.7);
  const far = sample("A fish on a bike.", "A fish", "Why did the hen go?", 0.27);
  const page = sampleColumns([{ title: "All", samples: [near, far] }]).markup;
  expect(page).toMatch(/nearest 70.% alike/);
  expect(page).toContain("An apple a week.");
  expect(page).not.toMatch(/27.%/);
  expect(page).not.toContain("Why did the hen go?");
});
