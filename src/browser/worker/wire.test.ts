import { expect, it } from "vitest";
import { fromWire, requestToWire, toWire } from "./wire.ts";

it("keeps typed arrays, also views of a part, and numbers that JSON lacks", () => {
  const whole = new Float32Array([9, -1.5, Number.NaN, 0.1]);
  const message = {
    files: [{ name: "a", bytes: Uint8Array.from({ length: 20_000 }, (_, i) => i % 251) }],
    part: whole.subarray(1),
    ids: new Int32Array([-7, 7]),
    none: new Uint8Array(0),
    numbers: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0.1, -3],
    text: 'ä\n"$punchline"',
    nothing: null,
  };
  expect(fromWire(toWire(message))).toEqual(message);
});

it("keeps files within a request", async () => {
  const asked = {
    run: "a",
    texts: new File([new Uint8Array([0, 255, 10])], "ä.csv"),
    n: 3,
    files: [{ name: "b", bytes: new Blob(["ü"]) }],
  };
  const { texts, files, ...others } = fromWire(await requestToWire(asked)) as typeof asked;
  expect(others).toEqual({ run: "a", n: 3 });
  expect([texts.name, ...new Uint8Array(await texts.arrayBuffer())]).toEqual(["ä.csv", 0, 255, 10]);
  expect(await files[0]!.bytes.text()).toBe("ü");
  for (const [given, kept] of [
    [undefined, null],
    [["a"], ["a"]],
    ["a", "a"],
  ])
    expect(fromWire(await requestToWire(given))).toEqual(kept);
});

it("refuses what says that it is an array and is none", () => {
  for (const text of [
    '{"$punchline":"Float32Array","value":"AAA="}',
    '{"$punchline":"Uint8Array","value":"*"}',
    '{"$punchline":"constructor","value":""}',
    '{"$punchline":"Uint8Array"}',
    "{",
  ])
    expect(() => fromWire(text), text).toThrow(SyntaxError);
});
