/** How the studio shortens texts: to a name of pasted texts, and to the text of the room Inside. */
import { expect, test } from "vitest";
import { firstWords } from "../studio/state/first-words.ts";

test("a text is cut between words, without the marks before the cut", () => {
  expect(firstWords("Smoky bean crumble", 12)).toBe("Smoky bean");
  expect(firstWords("Smoky bean", 12)).toBe("Smoky bean");
  expect(firstWords("Lemon barley broth", 12)).toBe("Lemon barley");
  expect(firstWords("Salt, pepper and lime", 5)).toBe("Salt");
  expect(firstWords("  Oat, and date  ", 7)).toBe("Oat");
});

test("a text is cut inside a word where nothing, or too little, would be left", () => {
  expect(firstWords("Donaudampfschiff", 12)).toBe("Donaudampfsc");
  expect(firstWords("A representation of it", 12)).toBe("A representa");
  expect(firstWords("กรุงเทพมหานคร", 4)).toBe("กรุง");
  expect([...firstWords("👍🏽👍🏽👍🏽👍🏽", 4)]).toHaveLength(4);
});
