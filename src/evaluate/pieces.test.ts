import { expect, it } from "vitest";
import { piecesOfText } from "./pieces.ts";

it("cuts at white space where there is some, and loses no word", () => {
  const text = "the cat sat on the mat\nand the dog sat on the long log";
  const pieces = piecesOfText(text, 12);
  for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(12);
  expect(pieces.join(" ").split(/\s+/)).toEqual(text.split(/\s+/));
});

it("cuts inside a word that is longer than a piece, and drops a short rest", () => {
  expect(piecesOfText("a".repeat(25), 10)).toEqual(["a".repeat(10), "a".repeat(10), "a".repeat(5)]);
  expect(piecesOfText("a".repeat(24), 10)).toEqual(["a".repeat(10), "a".repeat(10)]);
  expect(piecesOfText("abc", 10)).toEqual(["abc"]);
  expect(piecesOfText("  ", 10)).toEqual([]);
});
