import { expect, test } from "vitest";
import { invalidOption, option, renderOptions } from "./options.ts";

test("a sentence names options as the library has them, and everyone else as they write them", () => {
  const sentence = `${option("maxLength")} with ${option("windows", "shuffled")} or ${option("space", false)}, not "\`a b\`".`;
  expect(sentence).toBe('`maxLength` with `windows: "shuffled"` or `space: false`, not "`a b`".');
  const seen: unknown[] = [];
  renderOptions(sentence, (name, value) => {
    seen.push([name, value]);
    return "";
  });
  expect(seen).toEqual([
    ["maxLength", undefined],
    ["windows", "shuffled"],
    ["space", false],
  ]);
});

test("an invalid option carries its name, its value and what it can be", () => {
  const error = invalidOption("topP", 2, "above 0 and at most 1");
  expect(error.message).toBe("`topP` must be above 0 and at most 1, not 2.");
  expect(error.details).toEqual({ option: "topP", value: 2, expected: "above 0 and at most 1" });
  expect(invalidOption("n", Number.NaN, "a number").message).toBe("`n` must be a number, not NaN.");
});
