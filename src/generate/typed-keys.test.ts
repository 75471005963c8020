import { expect, it } from "vitest";
import { edited, keysSaved, nothingTyped, taken } from "./typed-keys.ts";

it("a character costs one, and so does a suggestion; a space after one comes by itself", () => {
  const begun = [..."Why d"].reduce((now, key) => edited(now, now.text + key), nothingTyped);
  const word = taken(begun, "id");
  expect(word).toEqual({ text: "Why did", keys: 6, took: true });
  const next = edited(word, "Why didt");
  expect(next).toEqual({ text: "Why did t", keys: 7, took: false });
  expect(keysSaved(next)).toBeCloseTo(2 / 9, 12);
  expect(edited(word, "Why did?").text).toBe("Why did?");
  expect(edited(next, "Why tid t")).toMatchObject({ text: "Why tid t", keys: 8 });
  expect(edited(next, "Why did ").keys).toBe(8);
  expect(edited(nothingTyped, "pasted 🦦").keys).toBe(8);
  expect(keysSaved(nothingTyped)).toBeUndefined();
});
