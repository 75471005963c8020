import { describe, expect, it } from "vitest";
import { createCleaner } from "./clean.ts";
import { gravityOf } from "./letter-loss.ts";

const lossOf = (texts: readonly string[], options = {}) => {
  const cleaner = createCleaner(options);
  for (const text of texts) cleaner.clean(text);
  return cleaner.loss;
};

/** Letters that are not ASCII, counted without any of the cleaning: all of them change where it is to ASCII. */
const foreign = (text: string) =>
  [...text.normalize("NFC")].filter((c) => /\p{L}/u.test(c) && c > "\x7f").length;
const letters = (text: string) => [...text.normalize("NFC")].filter((c) => /\p{L}/u.test(c)).length;

const cyrillic = "Почему курица перешла дорогу? Чтобы попасть на другую сторону.";
const chinese = "小鸡为什么过马路？因为它想到对面去。";
const german = "Der Bäcker grüßt die Mädchen, und alle übrigen lachen über seine Späße.";
const devanagari = "मुर्गी ने सड़क क्यों पार की?";
const english = "Why did the chicken cross the road? To get to the other side.";

describe("letters lost by cleaning to ASCII", () => {
  it.each([
    ["Cyrillic", cyrillic, "most"],
    ["Chinese", chinese, "most"],
    ["Devanagari", devanagari, "most"],
    ["German", german, "some"],
    ["German, decomposed", german.normalize("NFD"), "some"],
    ["Cyrillic and English", `${cyrillic} ${english} ${english}`, "some"],
    ["English", english, "none"],
    ["one accent in much English", `${english.repeat(3)} caf\u00e9`, "none"],
    ["English with marks and emoji", `\u201cIt\u2019s\u201d \u2014 \u{1f602} ${english}`, "none"],
    ["nothing", "", "none"],
  ] as const)("of %s", (_, text, gravity) => {
    const loss = lossOf([text]);
    expect(loss).toMatchObject({ letters: letters(text), changed: foreign(text) });
    expect(gravityOf(loss)).toBe(gravity);
  });

  it("says so of German as it is written, where fewer than two letters of a hundred change", () => {
    // One letter in fifty-five, and one word in nine, as in German at large.
    const loss = lossOf(["das ist ein ganz gewohnlicher Satz mit Wortern f\u00fcr alle"]);
    expect(loss.changed / loss.letters).toBeLessThan(0.025);
    expect(gravityOf(loss)).toBe("some");
  });

  it("counts words as what letters make, marks and all", () => {
    expect(lossOf(["l\u2019\u00e9t\u00e9, na\u00efve x", "e\u0301te\u0301"]).words).toEqual({
      all: 5,
      changed: 3,
    });
  });

  it("counts entities by what they mean", () => {
    expect(lossOf(["&uuml;ber"])).toMatchObject({ letters: 4, changed: 1 });
  });

  it("counts nothing where letters are kept", () => {
    for (const text of [cyrillic, chinese, german])
      expect(lossOf([text], { keepUnicode: true })).toMatchObject({ letters: letters(text), changed: 0 });
    expect(lossOf([german], { steps: { accents: false, ascii: false } }).changed).toBe(0);
    expect(lossOf([cyrillic], { steps: { accents: false, ascii: false } }).changed).toBe(0);
  });

  it("has an example of the first text that lost letters, before and after", () => {
    expect(lossOf([english, german, cyrillic]).example).toEqual({
      before: "Der B\u00e4cker gr\u00fc\u00dft die M\u00e4dchen, und alle \u00fcbrigen lachen \u00fcber",
      after: "Der Backer grusst die Madchen, und alle ubrigen lachen uber",
    });
    const late = lossOf([`${"plain words ".repeat(20)}caf\u00e9 at last`]).example!;
    expect(late.before).toContain("caf\u00e9 at last");
    expect(late.before.length).toBeLessThan(61);
    expect(lossOf([english]).example).toBeUndefined();
  });
});
