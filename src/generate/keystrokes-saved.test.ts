import { describe, expect, it } from "vitest";
import { rankByKeystrokesSaved, spaceComesFirst } from "./keystrokes-saved.ts";

const suggestion = (text: string, probability: number) => ({ text, probability });

describe("suggestions that save most keys", () => {
  it("come first, and those of one character not at all", () => {
    const [s, cken, ps, emoji] = [
      suggestion("s", 0.4),
      suggestion("cken", 0.2),
      suggestion("ps", 0.3),
      suggestion("😀", 0.1),
    ];
    expect(rankByKeystrokesSaved([s, ps, cken, emoji], 3)).toEqual([cken, ps]);
    expect(rankByKeystrokesSaved([s, ps, cken], 1)).toEqual([cken]);
  });

  it("are the best choice there is", () => {
    const texts = ["a", "bc", "def", "ghij", "klmno", "pqrstu"];
    const candidates = texts.map((text, i) => suggestion(text, [0.35, 0.2, 0.15, 0.02, 0.12, 0.05][i]!));
    const worth = (list: readonly { text: string; probability: number }[]) =>
      list.reduce((sum, { text, probability }) => sum + probability * (text.length - 1), 0);
    const pairs = candidates.flatMap((a) => candidates.filter((b) => b !== a).map((b) => [a, b]));
    expect(worth(rankByKeystrokesSaved(candidates, 2))).toBeCloseTo(Math.max(...pairs.map(worth)), 12);
  });
});

it("a space comes by itself between a word that was taken and the next one", () => {
  expect(spaceComesFirst("Why did the chicken", "c")).toBe(true);
  expect(spaceComesFirst("Why did the chicken", "?")).toBe(false);
  expect(spaceComesFirst("Why did the chicken", " ")).toBe(false);
  expect(spaceComesFirst("Why did the chicken?", "T")).toBe(false);
});
