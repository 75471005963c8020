import { describe, expect, it } from "vitest";
import { normaliseText } from "../../../test/normalise-text.ts";
import { normaliseWithPositions } from "./normaliser.ts";

describe("normalise", () => {
  it.each([
    ["", ""],
    ["?!… 😂", ""],
    ["Why did the CHICKEN cross?", " why did the chicken cross "],
    ["Don't; don’t -- DONT", " dont dont dont "],
    ["twenty-one\t2 +2", " twenty one 2 2 "],
    ["Cafe\u0301 = CAFÉ", " cafe cafe "],
    ["ﬁne Ｗｉｄｅ", " fine wide "],
    ["Привет, мир!", " привет мир "],
    ["我爱ABC。", " 我 爱 abc "],
    ["Йод straße", " йод strasse "],
    ["a\ud83d\ude00b", " a b "],
  ])("%j becomes %j", (text, expected) => {
    expect(normaliseText(text)).toBe(expected);
  });

  it("gives the same for composed and decomposed text of any length", () => {
    const text = "Éa ñandú 12 ".repeat(3000);
    expect(normaliseText(text.normalize("NFD"))).toBe(normaliseText(text));
  });

  it("is idempotent", () => {
    for (const text of ["İstanbul 'quoted' naïve", "x\u0301\u0302y", "½ cup", "日本語 テスト"]) {
      expect(normaliseText(normaliseText(text))).toBe(normaliseText(text));
    }
  });
});

describe("normaliseWithPositions", () => {
  it("leads each unit back to the characters it came from", () => {
    const text = "“Oh, Cafe\u0301s…”  ﬁn";
    const { units, from, to } = normaliseWithPositions(text);
    const origin = (unit: number) => text.slice(from[unit]!, to[unit]!);
    const shown = String.fromCharCode(...units);
    expect(shown).toBe(" oh cafes fin ");
    expect([..."oh"].map((c) => origin(shown.indexOf(c)))).toEqual(["O", "h"]);
    expect(origin(shown.indexOf("e"))).toBe("e\u0301");
    expect(origin(shown.indexOf("fi"))).toBe("ﬁ");
    expect(origin(shown.indexOf("fi") + 1)).toBe("ﬁ");
    expect(origin(shown.length - 1)).toBe("");
  });
});
