/** Files in a browser's reader and in Node's: the same texts, summary, rows and sentences for the same bytes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preparation } from "../src/browser/worker/preparation.ts";
import { viewOf } from "../src/browser/worker/prepare.ts";
import { type PrepareDataOptions, prepareData, prepareRawText } from "../src/data/prepare-sources.ts";
import type { FileReading } from "../src/web.ts";
import { parquetBytes } from "./parquet-fixture.ts";

const jokes = Array.from({ length: 400 }, (_, i) => ({
  ID: i,
  Joke: `Number ${i * 7919} said "${"abcdefghij"[i % 10]}${i}", and left;\tsoon${i % 9 === 0 ? "\nagain" : ""}`,
  Score: i % 5,
}));
const quoted = (cell: unknown) => `"${String(cell).replaceAll('"', '""')}"`;
const table = (delimiter: string, end: string) =>
  [["ID", "Joke", "Score"], ...jokes.map(({ ID, Joke, Score }) => [ID, quoted(Joke), Score])]
    .map((row) => row.join(delimiter) + end)
    .join("");
const lines = jokes.map(({ Joke }) => Joke.replaceAll("\n", " "));
const csv = table(",", "\r\n");
const utf16 = Buffer.from(`\ufeff${lines.join("\n")}`, "utf16le");
const pairs = jokes.slice(0, 60).map(({ Joke, ID }) => ({ question: `What said ${ID}?`, answer: Joke }));

interface Case {
  readonly name: string;
  readonly bytes: string | Uint8Array;
  readonly reading?: FileReading;
}

const good: readonly Case[] = [
  { name: "a.csv", bytes: csv },
  { name: "mark.csv", bytes: `\ufeff${csv}` },
  { name: "semicolons.csv", bytes: `sep=;\n${table(";", "\n")}` },
  { name: "named.csv", bytes: csv, reading: { column: "score", header: true } },
  {
    name: "a.tsv",
    bytes: jokes.map(({ ID, Joke }) => `${ID}\t${Joke.replaceAll(/[\t\n]/g, " ")}\n`).join(""),
  },
  { name: "a.json", bytes: JSON.stringify(jokes) },
  { name: "pairs.jsonl", bytes: pairs.map((pair) => JSON.stringify(pair)).join("\n") },
  {
    name: "alone.jsonl",
    bytes: pairs.map((pair) => JSON.stringify(pair)).join("\n"),
    reading: { column: "answer" },
  },
  { name: "a.txt", bytes: lines.join("\r\n") },
  { name: "table.txt", bytes: csv },
  { name: "documents.txt", bytes: lines.slice(0, 90).join("\n<|endoftext|>\n") },
  { name: "utf16.txt", bytes: utf16 },
  {
    name: "windows.txt",
    bytes: Buffer.from(lines.map((line) => `${line} caf\u00e9 \x93so\x94`).join("\n"), "latin1"),
    reading: { encoding: "windows-1252" },
  },
  { name: "a.csv.gz", bytes: gzipSync(csv) },
  { name: "a.zip", bytes: zipSync({ "x/a.csv": Buffer.from(csv), "__MACOSX/a.csv": Buffer.from("x") }) },
  { name: "stored.zip", bytes: zipSync({ "a.txt": Buffer.from(lines.join("\n")) }, { level: 0 }) },
  { name: "a.parquet", bytes: parquetBytes({ Joke: jokes.map(({ Joke }) => Joke) }) },
  { name: "a.parquet.gz", bytes: gzipSync(parquetBytes({ Joke: jokes.map(({ Joke }) => Joke) })) },
];

const cut = (bytes: Uint8Array, from: number) => bytes.subarray(0, from);
const changed = Buffer.from(zipSync({ "a.txt": Buffer.from(lines.join("\n")) }, { level: 0 }));
changed[200] = changed[200]! ^ 1;
const bad: readonly Case[] = [
  { name: "empty.csv", bytes: "" },
  { name: "picture.png", bytes: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0]) },
  { name: "binary.txt", bytes: Buffer.from([97, 10, 98, 0, 99]) },
  { name: "latin.txt", bytes: Buffer.from("one\ncaf\xe9 two\n", "latin1") },
  { name: "open.csv", bytes: 'ID,Joke\n1,"never closed\n2,x\n' },
  { name: "uneven.csv", bytes: "ID,Joke\n1,a\n2,b,c\n" },
  { name: "column.csv", bytes: csv, reading: { column: "Jok" } },
  { name: "cut.json", bytes: '[{"text": "a"},\n{"text":' },
  { name: "number.json", bytes: "3" },
  { name: "cut.parquet", bytes: cut(parquetBytes({ text: ["a", "b"] }), 60) },
  { name: "cut.zip", bytes: cut(zipSync({ "a.txt": Buffer.from("a\nb\n") }), 40) },
  { name: "two.zip", bytes: zipSync({ "a.txt": Buffer.from("a"), "b.txt": Buffer.from("b") }) },
  { name: "changed.zip", bytes: changed },
  { name: "one.txt", bytes: "only one\n" },
  { name: "idle.txt", bytes: "a\nb\n", reading: { column: "text" } },
];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-browser-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function both({ name, bytes, reading = {} }: Case) {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const { whole, ...options } = reading;
  const inNode = whole ? prepareRawText(path, options) : prepareData(path, options as PrepareDataOptions);
  const file = new File([bytes as string], name, { lastModified: 1 });
  const inPage = preparation()({ texts: file, reading }, {});
  return Promise.allSettled([inNode, inPage]);
}

const named = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(`${folder}/`, ""));

describe("a file in a page", () => {
  it("says at once what is done next with it, however soon after the report before", async () => {
    const phases = new Set<string>();
    const lines = Array.from({ length: 200 }, (_, i) => `line ${i * 7919} of ${i * 104_729} in the file`);
    const texts = new File([lines.join("\n")], "lines.txt");
    await preparation()({ texts }, { onProgress: ({ phase }) => phases.add(phase) });
    expect([...phases]).toEqual(["read", "duplicates", "split"]);
  });

  it.each(good)("$name gives what the command line reads", async (given) => {
    const [inNode, inPage] = await both(given);
    if (inNode.status === "rejected") throw inNode.reason;
    if (inPage.status === "rejected") throw inPage.reason;
    for (const part of ["splits", "prompts", "rows", "droppedTexts", "summary", "fingerprint"] as const)
      expect(named(inPage.value[part] ?? null), part).toEqual(named(inNode.value[part] ?? null));
    expect(inPage.value.summary.rows_in).toBeGreaterThan(50);
  });

  it.each(bad)("$name is refused with the sentence of the command line", async (given) => {
    const [inNode, inPage] = await both(given);
    if (inNode.status !== "rejected" || inPage.status !== "rejected") throw new Error("It was read.");
    expect(inPage.reason.message).toBe(inNode.reason.message.replaceAll(`${folder}/`, ""));
    expect(inPage.reason.code).toBe(inNode.reason.code);
  });

  it("is whole or not, unpacked as well", async () => {
    const [inNode, inPage] = await both({ name: "w.txt.gz", bytes: gzipSync(csv), reading: { whole: true } });
    if (inNode.status === "rejected" || inPage.status === "rejected") throw new Error("It was not read.");
    expect(inPage.value.splits).toEqual(inNode.value.splits);
    const [, broken] = await both({ name: "cut.csv.gz", bytes: cut(gzipSync(csv), 400) });
    expect(broken).toMatchObject({ reason: { code: "broken-gzip" } });
  });

  it("says which columns it has, and how many texts", async () => {
    const { signal } = new AbortController();
    const view = await viewOf({ texts: new File([csv], "a.csv") }, signal);
    expect(view).toMatchObject({
      unit: "items",
      texts: jokes.length,
      characters: jokes.reduce((sum, { Joke }) => sum + Joke.length, 0),
      beyondAscii: 0,
      format: "csv",
      column: "Joke",
      columns: ["ID", "Joke", "Score"],
      notes: [],
    });
    const thai = new File(["\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\n\u201cplain\u201d\n\u{1f600}"], "t.txt");
    expect(await viewOf({ texts: thai }, signal)).toMatchObject({ texts: 3, beyondAscii: 2 });
    expect(await viewOf({ texts: thai, reading: { whole: true } }, signal)).toMatchObject({
      unit: "text",
      texts: 1,
    });
  });
});
