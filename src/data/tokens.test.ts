import { describe, expect, it } from "vitest";
import { characterTokenizer } from "../text/characters.ts";
import { wordTokenizerOf } from "../text/words.ts";
import { allocateTokens, encodeItems } from "./tokens.ts";

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
