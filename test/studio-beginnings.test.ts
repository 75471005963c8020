/** What the studio lets a model go on with before anything was typed. */
import { expect, it } from "vitest";
import { beginningsOf } from "../studio/state/beginnings.ts";

it("offers two letters of names, whatever they are written in, and two words of sentences", () => {
  expect(beginningsOf(["Zoë", "Łukasz", "Anna", "Anneliese", "Øystein", "Maja"])).toEqual(["Zo", "Łu", "Øy"]);
  expect(beginningsOf(["Why did the otter sing?", "How many geese are there?", "A man walks in."])).toEqual([
    "Why did",
    "How many",
    "A man",
  ]);
});

it("offers no more than there are, and none twice", () => {
  expect(beginningsOf([])).toEqual([]);
  expect(beginningsOf(["Anna", "  ", "Anton", "An"])).toEqual(["An"]);
});
