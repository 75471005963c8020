import { describe, expect, it } from "vitest";
import { Random } from "../../core/random.ts";
import { sameCue } from "./cue.ts";
import { buildIndex } from "./training-index.ts";

const jokes = [
  "Why did the chicken cross the road?",
  "Why did the duck cross? It was the chicken's day off.",
  "why DID the chicken join a band",
  "Why didn't the skeleton go?",
  "A why did the joke",
  "Knock knock.",
  "Why did the chair fall?",
];
const index = buildIndex(jokes);
const found = (text: string, options = {}) => {
  const { cue, count, closest } = sameCue(index, index.read(text), options);
  return { cue, count, texts: closest.map(({ source }) => jokes[source]) };
};

describe("sameCue", () => {
  it("takes the first three words, whatever their case and punctuation", () => {
    const { cue, count, texts } = found("Why, did... THE goat?");
    expect(cue).toBe("why did the");
    expect(count).toBe(4);
    expect(new Set(texts)).toEqual(new Set([jokes[0], jokes[1], jokes[2], jokes[6]]));
  });

  it("lists first what goes on most like the sample", () => {
    expect(found("Why did the chicken cross the street?", { limit: 1 }).texts).toEqual([jokes[0]]);
    expect(found("Why did the chicken cross the street?", { limit: 2 }).texts.sort()).toEqual(
      [jokes[0], jokes[2]].sort(),
    );
  });

  it("takes a prompt's last word whole, unless the sample goes on inside it", () => {
    expect(found("Why did a goat", { prompt: "Why did" }).count).toBe(4);
    expect(found("Why did the chinchilla", { prompt: "Why did the ch" })).toMatchObject({ count: 3 });
    expect(found("icken?", { prompt: "Why did the chicken" })).toMatchObject({ count: 2 });
  });

  it("has none for empty samples, unseen cues and other scripts", () => {
    for (const text of ["", "!!", "Zebra crossing", "Почему курица"]) {
      expect(found(text)).toMatchObject({ count: 0, texts: [] });
    }
    const none = buildIndex([]);
    expect(sameCue(none, none.read("Why did the")).count).toBe(0);
  });

  it("marks the beginning that both share, in whole words, as each has it written", () => {
    const sample = "  Why, DID the chicken... fly?";
    const { closest } = sameCue(index, index.read(sample), { limit: 2 });
    const shared = closest.map(({ source, inSample, inText, ...rest }) => ({
      sample: sample.slice(...inSample),
      text: jokes[source]!.slice(...inText),
      ...rest,
    }));
    const both = { sample: "Why, DID the chicken", words: 4, count: 2 };
    expect(shared).toContainEqual({ ...both, text: "Why did the chicken" });
    expect(shared).toContainEqual({ ...both, text: "why DID the chicken" });
    const [inside] = sameCue(index, index.read("Why did the choir sing"), {
      prompt: "Why did the ch",
    }).closest;
    expect(inside).toMatchObject({ words: 3, count: 4, inSample: [0, 11] });
  });

  it("finds the longest beginnings that a search through all texts finds", () => {
    const words = ["why", "did", "the", "hen", "Café", "鶏"];
    const random = new Random(3, "texts");
    const text = (i: number) =>
      Array.from(
        { length: 1 + random.below(7, 20 * i) },
        (_, k) => words[random.below(words.length, 20 * i + k + 1)],
      ).join([" ", ", "][i % 2]);
    const data = Array.from({ length: 300 }, (_, i) => text(i));
    const made = buildIndex(data);
    const plain = (one: string) =>
      one
        .toLowerCase()
        .replaceAll("é", "e")
        .match(/[a-z]+|鶏/g)!;
    const inCommon = (a: readonly string[], b: readonly string[]) => {
      const end = a.findIndex((word, k) => word !== b[k]);
      return end < 0 ? a.length : end;
    };
    for (let i = 300; i < 400; i++) {
      const sample = text(i);
      const own = plain(sample);
      const cue = Math.min(3, own.length);
      const lengths = data.map((one) => inCommon(own, plain(one)));
      const expected = lengths.filter((n) => n >= cue).sort((a, b) => b - a);
      const { count, closest } = sameCue(made, made.read(sample), { limit: 7 });
      expect(count).toBe(expected.length);
      expect(closest.map((one) => one.words)).toEqual(expected.slice(0, 7));
      for (const { source, words: n, count: sharing, inSample, inText } of closest) {
        expect(sharing).toBe(lengths.filter((length) => length >= n).length);
        for (const part of [sample.slice(...inSample), data[source]!.slice(...inText)])
          expect(plain(part)).toEqual(own.slice(0, n));
      }
    }
  });

  it("marks the head of a long training text, whatever its marks and signs", () => {
    const long = `¡¡¡ I\u0301t — was... the ${"best of times. ".repeat(1000)}`;
    const made = buildIndex([long]);
    const [one] = sameCue(made, made.read("It was the worst")).closest;
    expect([one!.words, long.slice(...one!.inText)]).toEqual([3, "I\u0301t — was... the"]);
  });

  it("takes shorter samples as they are", () => {
    expect(found("Knock").texts).toEqual([jokes[5]]);
  });
});
