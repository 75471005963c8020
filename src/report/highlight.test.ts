import { expect, test } from "vitest";
import { differences, highlight } from "./highlight.ts";

test("spans are marked; overlapping ones are joined; those outside the text are cut off", () => {
  expect(highlight("abcdef", [{ start: 1, end: 3 }]).markup).toBe("a<mark>bc</mark>def");
  expect(
    highlight("abcdef", [
      { start: 4, end: 99 },
      { start: 0, end: 2 },
      { start: 1, end: 3 },
      { start: 5, end: 5 },
    ]).markup,
  ).toBe("<mark>abc</mark>d<mark>ef</mark>");
  expect(highlight("<b>", [{ start: 0, end: 1 }]).markup).toBe("<mark>&lt;</mark>b&gt;");
  expect(highlight("", []).markup).toBe("");
});

test("differing words are underlined, whatever their case and punctuation", () => {
  expect(differences("The cat sat, twice.", "the dog sat twice").markup).toBe("The <u>cat</u> sat, twice.");
  expect(differences("a b c d", "b d").markup).toBe("<u>a</u> b <u>c</u> d");
  expect(differences("same words", "same words").markup).toBe("same words");
  expect(differences("<i> x", "x").markup).toBe("<u>&lt;i&gt;</u> x");
});
