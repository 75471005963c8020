import { describe, expect, it } from "vitest";
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
  const { cue, count, sources } = sameCue(index, index.read(text), options);
  return { cue, count, texts: sources.map((id) => jokes[id]) };
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

  it("takes shorter samples as they are", () => {
    expect(found("Knock").texts).toEqual([jokes[5]]);
  });
});
