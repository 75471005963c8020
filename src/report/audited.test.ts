import { expect, it } from "vitest";
import { shortened, spansOf } from "./audited.ts";

it("a text of many characters is cut, with its spans and its neighbours; a short one stays itself", () => {
  const short = { text: "A joke.", copy: false, nearest: [{ text: "Another.", similarity: 0.2 }] };
  expect(shortened(short)).toBe(short);
  const long = shortened({
    text: "ha ".repeat(1e6),
    copy: true,
    nearest: [{ text: "ha ".repeat(1e6), similarity: 1 }],
    same_cue: ["ho ".repeat(1e6)],
    spans: [
      { start: 0, end: 3e6 },
      { start: 2e6, end: 3e6 },
    ],
  });
  for (const text of [long.text, long.nearest[0]!.text, long.same_cue![0]!]) {
    expect(text.length).toBeLessThan(2000);
    expect(text.endsWith("…")).toBe(true);
  }
  expect(spansOf(long)).toEqual([{ start: 0, end: 3e6 }]);
});
