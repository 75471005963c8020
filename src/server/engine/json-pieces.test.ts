/** Answers as JSON in pieces. */
import { expect, it } from "vitest";
import { jsonPieces } from "./json-pieces.ts";

const range = (count: number) => [...new Array(count).keys()];

it.each([
  [{}],
  [[]],
  [{ a: undefined }],
  [{ a: undefined, b: range(100), c: undefined }],
  [[undefined, { a: [] }, Number.NaN, Number.POSITIVE_INFINITY, null, "a\n\ud800"]],
  [{ "a\n": { b: { c: [[[{ d: [{ e: "é" }] }]]] } }, f: new Array(200).fill({ g: [1, [2]] }) }],
  [{ list: range(1_000).map((k) => ({ [`${k}`]: k / 7, more: k % 3 ? null : range(k % 90) })) }],
  [Object.fromEntries(range(200).map((k) => [k, undefined]))],
])("joined they are the JSON of all, whatever their size (case %#)", (value) => {
  for (const size of [1, 10, 1_000, 1e9])
    expect([...jsonPieces(value, size)].join("")).toBe(JSON.stringify(value));
});

it("no piece is much longer than asked for", () => {
  const tokens = range(5_000).map((k) => ({ token: `${k}`, top: range(20) }));
  const pieces = [...jsonPieces({ choices: [{ tokens, ids: range(5_000) }] }, 1_000)];
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(1_200);
  expect(pieces.length).toBeLessThan(600);
});
