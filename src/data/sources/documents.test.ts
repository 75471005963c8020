import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { sourceKinds } from "../prepare-sources.ts";
import { hasDividers } from "./documents.ts";
import { openSource } from "./source.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-documents-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function textsOf(name: string, content: string | Uint8Array): Promise<string[]> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const texts: string[] = [];
  for await (const batch of (await openSource(path, {}, sourceKinds)).batches()) texts.push(...batch.texts);
  return texts;
}

const books = ["Chapter 1\n\nIt began.\n  - indented", "One line", "* * *\n\nThe end"];

describe("a text file with lines of <|endoftext|>", () => {
  it.each([
    ["plain", books.join("\n<|endoftext|>\n")],
    [
      "blank lines around, and the last document ended",
      `${books.map((b) => `\n\n${b}\n \n<|endoftext|>\n`).join("")}`,
    ],
    [
      "Windows' line ends, and no end at the last line",
      books.join("\n<|endoftext|>\n").replaceAll("\n", "\r\n"),
    ],
    [
      "empty documents between",
      `<|endoftext|>\n${books.join("\n<|endoftext|>\n\n<|endoftext|>\n")}\n<|endoftext|>`,
    ],
  ])("holds documents: %s", async (name, content) => {
    expect(await textsOf(`${name}.txt`, content)).toEqual(books);
    expect(await textsOf(`${name}.txt.gz`, gzipSync(content))).toEqual(books);
  });

  it("holds a text a line where the words are only in a line, or there are none", async () => {
    expect(await textsOf("inside.txt", "a <|endoftext|>\n<|endoftext|> b\nc")).toEqual([
      "a <|endoftext|>",
      "<|endoftext|> b",
      "c",
    ]);
    expect(await textsOf("none.txt", "a\n\nb\n")).toEqual(["a", "", "b", ""].slice(0, 3));
  });

  it("finds the line wherever the file is read in pieces", async () => {
    const text = `first\n<|endoftext|>\r\nsecond`;
    for (let size = 1; size <= text.length; size++) {
      const pieces = async function* () {
        for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
      };
      expect(await hasDividers(pieces()), String(size)).toBe(true);
    }
    const none = async function* () {
      yield* "first\nx<|endoftext|>\n<|endoftext|>x";
    };
    expect(await hasDividers(none())).toBe(false);
  });
});
