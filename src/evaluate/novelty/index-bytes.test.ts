import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { InputError } from "../../core/errors.ts";
import { indexFromBytes, indexToBytes } from "./index-bytes.ts";
import { openIndex } from "./index-file.ts";
import { buildIndex } from "./training-index.ts";

const texts = ["Why did the chicken?", "Odd.", "", "Knock knock"];
const many = [Array.from({ length: 700 }, (_, i) => String.fromCharCode(0x4e00 + i)).join("")];
const bytesOf = (t: readonly string[]) => new Uint8Array(Buffer.concat(indexToBytes(buildIndex(t))));
const codeOf = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    return (error as InputError).code;
  }
  return "none";
};

describe("an index as bytes", () => {
  it.each([
    ["bytes", texts],
    ["16-bit symbols", many],
    ["no text", []],
  ])("comes back as it was: %s", (_, data) => {
    expect(indexFromBytes(bytesOf(data), data).parts).toEqual(buildIndex(data).parts);
  });

  it("may lie at an odd place of a larger buffer", () => {
    const bytes = bytesOf(texts);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(indexFromBytes(shifted.subarray(3), texts).parts).toEqual(buildIndex(texts).parts);
  });

  it("refuses strangers, other versions, damage and other texts", () => {
    const bytes = bytesOf(texts);
    const changed = (at: number) => bytes.map((b, i) => (i === at ? b ^ 1 : b));
    expect(codeOf(() => indexFromBytes(new Uint8Array(10), texts))).toBe("index-format");
    expect(codeOf(() => indexFromBytes(changed(0), texts))).toBe("index-format");
    expect(codeOf(() => indexFromBytes(changed(8), texts))).toBe("index-version");
    expect(codeOf(() => indexFromBytes(changed(bytes.length - 9), texts))).toBe("index-damaged");
    expect(codeOf(() => indexFromBytes(bytes.subarray(0, -4), texts))).toBe("index-damaged");
    for (const other of [texts.slice(1), [...texts].reverse(), [...texts, ""], ["why", ...texts.slice(1)]]) {
      expect(codeOf(() => indexFromBytes(bytes, other))).toBe("index-changed");
    }
  });
});

describe("openIndex", async () => {
  const folder = await mkdtemp(join(tmpdir(), "punchline-index-"));
  afterAll(() => rm(folder, { recursive: true }));
  const path = join(folder, "novelty.index");

  it("builds once, reuses, and builds again with the reason when the data has changed", async () => {
    expect(await openIndex(path, texts)).toMatchObject({ reused: false });
    expect(await openIndex(path, texts)).toMatchObject({ reused: true });
    const again = await openIndex(path, [...texts, "New."]);
    expect(again.reused).toBe(false);
    expect(again.reason).toMatch(
      /^The training texts are not those of the novelty index: it has 4 .* these are 5/,
    );
    await writeFile(path, (await readFile(path)).subarray(0, 100));
    expect((await openIndex(path, texts)).reason).toMatch(/damaged or cut short/);
    expect(await openIndex(path, texts)).toMatchObject({ reused: true });
    expect(await readdir(folder)).toEqual(["novelty.index"]);
  });

  it("gives the index where it cannot be kept, and says so", async () => {
    const { index, reused, reason } = await openIndex(folder, texts);
    expect(index.texts).toEqual(texts);
    expect(reused).toBe(false);
    expect(reason).toMatch(/^Cannot write .*: it is a folder/);
  });
});
