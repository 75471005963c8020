import { expect, it } from "vitest";
import { wholeCharacter } from "./utf16.ts";

it("no place is within a character, and every other stays", () => {
  const text = "a🦔\ud83e";
  expect([0, 1, 2, 3, 4].map((at) => wholeCharacter(text, at))).toEqual([0, 1, 1, 3, 4]);
  expect(wholeCharacter("\udd94a", 1)).toBe(1);
});
