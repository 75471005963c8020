import { expect, test } from "vitest";
import { checkOptions, invalidOption, option, optionNames, renderOptions } from "./options.ts";

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
  const circle: Record<string, unknown> = { name: "a", weights: [new Float32Array(1e6)] };
  circle.self = circle;
  expect(invalidOption("text", circle, "a text").message).toBe(
    '`text` must be a text, not {"name":"a","weights":"...","self":"..."}.',
  );
  expect(invalidOption("text", "a".repeat(1e6), "a text").message.length).toBeLessThan(120);
});

test("the names of an interface's options are compared with it by the compiler", () => {
  type Options = { readonly width?: number; readonly depth?: number };
  const names = optionNames<keyof Options>()("width depth");
  // @ts-expect-error: one is missing
  optionNames<keyof Options>()("width");
  // @ts-expect-error: one is no option
  optionNames<keyof Options>()("width depth height");
  const options = { width: 2 };
  expect(checkOptions(options, names)).toBe(options);
  expect(() => checkOptions({ hight: 2 }, names)).toThrow("Unknown option `hight`; known are: width, depth.");
  expect(() => checkOptions([], names)).toThrow("Options must be an object, such as { width: ... }, not [].");
});
