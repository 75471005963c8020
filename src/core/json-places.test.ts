/** Places against what JSON.parse accepts, and places counted by hand. */
import { expect, test } from "vitest";
import { jsonPlaces } from "./json-places.ts";

test("the line of a key is found by the keys that lead to it", () => {
  const { lineOf, fault } = jsonPlaces(
    '{\n  "train": {\n    "steps": 3,\n    "list": [{ "steps": 4 }],\n    "a\\"b": "}{"\n  },\n  "steps": 5\n}\n',
  );
  expect(fault).toBeUndefined();
  expect(lineOf("train")).toBe(2);
  expect(lineOf("train", "steps")).toBe(3);
  expect(lineOf("train", 'a"b')).toBe(5);
  expect(lineOf("steps")).toBe(7);
});

test.each([
  ["", 1, 1],
  ["{", 1, 2],
  ['{"a": 1,}', 1, 9],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
  ['{\n  "a": tru\n}', 2, 8],
  ['{\n  "a": 01\n}', 2, 8],
  ["{\n  a: 1\n}", 2, 3],
  ['{"a": "x\ny"}', 1, 7],
  ['{"a": 1} x', 1, 10],
  ['{"a": "\\q"}', 1, 7],
  ['{\n"a": [1, 2\n', 3, 1],
  ['{"a": 1,\n "a": 2}', 2, 2],
])("the fault of %j is at line %i, column %i", (text, line, column) => {
  expect(jsonPlaces(text).fault).toEqual({ line, column });
});

test("many keys are found as quickly as few, so a large file with a fault is refused at once", () => {
  // Each key compared with all before it would take minutes.
  const keys = Array.from({ length: 100_000 }, (_, i) => `"${String(i).padStart(40, "0")}": 0`);
  expect(jsonPlaces(`{\n${keys.join(",\n")},}`).fault?.line).toBe(100_001);
});

test("texts that JSON.parse accepts have no fault, and others have one", () => {
  const pieces = ["{", "}", "[", "]", ",", ":", '"a"', '"b"', "1", "-0.5e3", "01", "true", "nul", " ", "\n"];
  let seed = 7;
  const draw = (n: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * n);
  };
  let whole = 0;
  for (let i = 0; i < 4_000; i++) {
    const text = Array.from({ length: 1 + draw(7) }, () => pieces[draw(pieces.length)]).join("");
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    // Equal keys are a fault here alone.
    if (valid && /"a".*:.*"a".*:|"b".*:.*"b".*:/s.test(text)) continue;
    if (valid) whole++;
    if ((jsonPlaces(text).fault === undefined) !== valid) expect.fail(`${text} is JSON: ${valid}`);
  }
  expect(whole).toBeGreaterThan(30);
});
