import { describe, expect, it } from "vitest";
import { characterTokenizer } from "../text/characters.ts";
import { wordTokenizerOf } from "../text/words.ts";
import type { PreparedData } from "./prepare.ts";
import { allocateTokens, encodeItems, encodeSplit } from "./tokens.ts";

describe("encodeItems", () => {
  it("ends each item and remembers where it begins", () => {
    const tokenizer = characterTokenizer(["\n", "a", "b"]);
    const { tokens, offsets, endOfText } = encodeItems(tokenizer, ["ab", "", "b"]);
    expect([...tokens]).toEqual([1, 2, 0, 0, 2, 0]);
    expect([...offsets]).toEqual([0, 3, 4, 6]);
    expect(endOfText).toBe(0);
    expect(tokens).toBeInstanceOf(Uint8Array);
  });

  it("grows where a vocabulary takes more tokens than expected", () => {
    const text = "a,b;c.d!";
    const tokenizer = wordTokenizerOf([text], { minCount: 1 });
    const items = Array.from({ length: 200 }, () => text);
    const { tokens } = encodeItems(tokenizer, items);
    expect(tokens).toHaveLength(200 * 9);
    expect(tokenizer.decode(tokens.subarray(0, 8))).toBe(text);
  });

  it("takes the narrowest array", () => {
    expect(allocateTokens(256, 1)).toBeInstanceOf(Uint8Array);
    expect(allocateTokens(257, 1)).toBeInstanceOf(Uint16Array);
    expect(allocateTokens(65537, 1)).toBeInstanceOf(Int32Array);
  });
});

it("does not take more tokens of a file into memory than offsets can count", () => {
  const train = {
    tokens: { length: 2 ** 31, copy() {} },
    items: 1,
    offsets: () => Float64Array.of(0, 2 ** 31),
    prompts: () => undefined,
  };
  const tokenizer = characterTokenizer(["\n", "a"]);
  const data = { kind: "items", encoded: { path: "all.tokens", splits: { train } }, tokenizer };
  expect(() => encodeSplit(data as unknown as PreparedData, "train")).toThrow(
    /^all\.tokens has 2147483648 tokens in this split, and 2147483647 at most/,
  );
});
