import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { characterTokenizer, printableTokenizer } from "../text/characters.ts";
import { wordTokenizerOf } from "../text/words.ts";
import { readTokenFile, writeTokenFile } from "./token-file.ts";
import { allocateTokens, encodeItems, encodeText } from "./tokens.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-tokens-"));
afterAll(() => rmSync(folder, { recursive: true }));

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

describe("token files", () => {
  const tokenizer = printableTokenizer();
  const path = join(folder, "a.tokens");

  it.each([1, 2, 4])("come back as they were written (%i bytes a token)", async (width) => {
    const { tokens, ...rest } = encodeItems(tokenizer, ["one", "three", ""]);
    const wide = width === 1 ? tokens : width === 2 ? Uint16Array.from(tokens) : Int32Array.from(tokens);
    await writeTokenFile(path, { ...rest, tokens: wide });
    expect(readTokenFile(path)).toEqual({ ...rest, tokens: wide });
  });

  it("are refused where cut short, of another version, or something else", async () => {
    await writeTokenFile(path, encodeText(tokenizer, "hello there"));
    const whole = readFileSync(path);
    truncateSync(path, whole.length - 1);
    expect(() => readTokenFile(path)).toThrow(/has 47 bytes where its header says 48/);
    writeFileSync(path, Buffer.concat([whole.subarray(0, 8), Buffer.from([9]), whole.subarray(9)]));
    expect(() => readTokenFile(path)).toThrow(/version 9/);
    writeFileSync(path, "ID,Joke\n1,this is no token file at all\n");
    expect(() => readTokenFile(path)).toThrow(/is not a Punchline token file/);
  });
});
