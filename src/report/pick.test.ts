import { expect, test } from "vitest";
import { pickBest } from "./pick.ts";

const sample = (text: string, copy = false, similarity = 0.3) => ({
  text,
  copy,
  nearest: [{ text: "x", similarity }],
});

test("the best sample is new, whole, of a joke's length and made of words", () => {
  const known = (w: string) => !/zz/.test(w);
  const good = sample("What do you call a cow with a telescope? A star-grazer.");
  const others = [
    sample("What do you call a cow with no legs? The ground beef, of course.", true, 1),
    sample("What do you call a cow with no friends? A lonely dairy product.", false, 0.8),
    sample("What do you call a zzow with a zzelescope? A zzar-grazzer."),
    sample("What do you call a cow with a telescope and then the other one wa"),
    sample("Ha."),
    sample(""),
  ];
  expect(pickBest([...others, good], known)).toBe(good);
  expect(pickBest([], known)).toBeUndefined();
  expect(pickBest([sample("  ")], known)).toBeUndefined();
});
