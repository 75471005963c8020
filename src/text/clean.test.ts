import { describe, expect, it } from "vitest";
import { createCleaner } from "./clean.ts";
import { normalise } from "./normalise.ts";

const clean = (text: string, options = {}) => createCleaner(options).clean(text);

describe("createCleaner", () => {
  it.each([
    ["\u201cCaf\u00e9\u201d \u2018n\u2019 tea\u2026", "\"Cafe\" 'n' tea..."],
    ["a\u2013b \u2014 c \u2212 1", "a-b - c - 1"],
    [
      "Stra\u00dfe \u00c6gir \u0141\u00f3d\u017a fi\ufb01 \uff21\uff22 \u00bd",
      "Strasse AEgir Lodz fifi AB 1/2",
    ],
    ["cafe\u0301", "cafe"],
    ["A &amp; B &quot;x&quot; &#39;y&#39; &amp;lt;3", "A & B \"x\" 'y' <3"],
    ["Q&A at AT&T &copy nothing", "Q&A at AT&T &copy nothing"],
    ["so\u200b\ufeff inv\u00adisi\x07ble", "so invisible"],
    ["  two\u00a0\u2003 spaces\r\n\tand lines ", "two spaces and lines"],
    ["laughs \u{1f602}\u{1f602} \u7b11 out", "laughs out"],
    ["broken \ud83d surrogate", "broken surrogate"],
    ["plain as it is", "plain as it is"],
    ["", ""],
  ])("%j becomes %j", (raw, expected) => {
    expect(clean(raw)).toBe(expected);
    expect(clean(expected)).toBe(expected);
  });

  it("leaves a step out where it is switched off", () => {
    expect(clean("a &lt; b", { steps: { entities: false } })).toBe("a &lt; b");
    expect(clean("a\n b", { steps: { space: false } })).toBe("a\n b");
    expect(clean("\u{1f602} ok", { steps: { ascii: false } })).toBe("\u{1f602} ok");
    expect(clean("na\u00efve", { steps: { accents: false } })).toBe("nave");
  });

  it("keeps every sign in Unicode mode, composed", () => {
    expect(
      clean("\u201ccafe\u0301\u201d \u{1f469}\u200d\u{1f4bb}\u00a0 &amp; \u7b11", { keepUnicode: true }),
    ).toBe("\u201ccaf\u00e9\u201d \u{1f469}\u200d\u{1f4bb} & \u7b11");
  });

  it("counts the texts that each step changed", () => {
    const cleaner = createCleaner();
    for (const text of ["caf\u00e9", "\u2019", "\u00e9\u2019 ", "plain"]) cleaner.clean(text);
    expect(cleaner.changed).toEqual({
      entities: 0,
      typography: 2,
      accents: 2,
      control: 0,
      ascii: 0,
      space: 1,
    });
  });
});

describe("normalise", () => {
  it("is the same for copies that differ in case, marks, accents, spaces and labels", () => {
    const form = "why dont cafes close because they cant";
    for (const copy of [
      "Why don't caf\u00e9s close? Because they can't!",
      "Q: Why dont cafes close?  A: BECAUSE they can\u2019t.",
      "  why don't (cafes) close -- because they can't",
      "Q. Why don't cafes close? A. Because they can't",
    ]) {
      expect(normalise(copy)).toBe(form);
    }
  });

  it("keeps different texts different", () => {
    expect(normalise("a b")).not.toBe(normalise("ab"));
    expect(normalise(":-)")).not.toBe(normalise(":-("));
    expect(normalise("What about plan A: fail")).toContain("fail");
  });

  it("keeps the marks that a script writes its vowels with, and no accent of a plain letter", () => {
    // "The boy came." and "The girl came."
    const [boy, girl] = [
      "\u0932\u095c\u0915\u093e \u0906\u092f\u093e\u0964",
      "\u0932\u095c\u0915\u0940 \u0906\u092f\u0940\u0964",
    ];
    expect(normalise(boy)).not.toBe(normalise(girl));
    expect(normalise(boy).split(" ")).toHaveLength(2);
    expect(normalise("x\u030cy i \u2764\ufe0f u\u0308ber")).toBe("xy i uber");
  });

  it("takes each character of a script without spaces as a word", () => {
    expect(normalise("\u4f60\u597d, world")).toBe("\u4f60 \u597d world");
  });
});
