/** The row of each text, held to the lines of the files themselves. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import jokes from "one-liner-joke/jokes.json" with { type: "json" };
import { afterAll, describe, expect, it } from "vitest";
import { parquetBytes } from "../../test/parquet-fixture.ts";
import { type PreparedData, prepareTexts } from "./prepare.ts";
import { prepareData } from "./prepare-sources.ts";
import { placeOf } from "./rows.ts";
import { splitNames } from "./split.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-rows-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Every text that was read, dropped ones too, with its place. */
function places({ splits, droppedTexts = [], rows }: PreparedData) {
  const placed = splitNames.flatMap((name) =>
    splits[name].map((text, i) => ({ text, place: placeOf(rows!, rows!.splits[name][i]!) })),
  );
  return [
    ...placed,
    ...droppedTexts.map(({ text }, i) => ({ text, place: placeOf(rows!, rows!.dropped[i]!) })),
  ];
}

/** Texts of their own, so that a row can be found in the file by its text. */
const own = Array.from({ length: 40 }, (_, i) => `Joke ${"abcdefghij"[i % 10]}${i} of ${i * 7919}`);
const twoLines = (i: number) => `${own[i]}\nand more`;

describe("the place of a text", () => {
  const csv = (end: string) =>
    [
      "ID,Joke",
      "",
      ...own.map((text, i) =>
        i % 7 === 0 ? `${i},"${text}${end}and more"` : i % 5 === 0 ? `${end}${i},${text}` : `${i},${text}`,
      ),
    ].join(end);

  it.each([
    ["a.csv", csv("\n")],
    ["windows.csv", csv("\r\n")],
    ["mac.csv", csv("\r")],
    ["named.csv", `sep=,\n${csv("\n")}`],
    ["a.txt", own.join("\n\n")],
    ["windows.txt", own.join("\r\n")],
    ["a.jsonl", own.map((Joke) => JSON.stringify({ Joke })).join("\n\n")],
    ["documents.txt", own.map((_, i) => `${"\n".repeat(i % 3)}${twoLines(i)}\n<|endoftext|>`).join("\n")],
  ])("in %s is the line of the file that it begins in, packed too", async (name, content) => {
    const lines = content.split(/\r\n|\n|\r/);
    for (const path of [file(name, content), file(`${name}.gz`, gzipSync(content))]) {
      const found = places(await prepareData(path));
      expect(found).toHaveLength(own.length);
      for (const { text, place } of found) {
        expect(place).toMatchObject({ source: path, unit: "line" });
        expect(lines[place!.row - 1]).toContain(text.split(/\n| and more/)[0]);
      }
    }
  });

  it("is the row of Parquet, and the entry of a JSON list", async () => {
    const parquet = file("a.parquet", parquetBytes({ id: own.map((_, i) => `${i}`), Joke: own }));
    const list = file("a.json", JSON.stringify({ data: own.map((Joke) => ({ Joke })) }));
    for (const [path, unit] of [
      [parquet, "row"],
      [list, "entry"],
    ] as const)
      for (const { text, place } of places(await prepareData(path)))
        expect([text, place]).toEqual([own[place!.row - 1], { source: path, unit, row: place!.row }]);
  });

  it("outlives cleaning, duplicates, length, the split, and other sources before and behind", async () => {
    const first = file(
      "first.csv",
      `text\n${own.map((text) => `"${text} \u2018caf\u00e9\u2019"`).join("\n")}`,
    );
    const second = file(
      "second.txt",
      ["no", ...own.slice(3), own[5], "Only here and nowhere else."].join("\n"),
    );
    const data = await prepareData([first, "one-liners", second], { minLength: 5, nearDuplicates: false });
    const found = places(data);
    const one = (text: string) => text.replace(/\s+/g, " ").trim();
    const at = (source: string, row: number) =>
      found.filter(({ place }) => place?.source === source && place.row === row).map(({ text }) => text);
    expect(at(first, 2)).toEqual([`${own[0]} 'cafe'`]);
    expect(at(second, 1)).toEqual(["no"]);
    expect(at(second, 39)).toEqual([own[5]]);
    expect(at(second, 40)).toEqual(["Only here and nowhere else."]);
    for (const { text, place } of found) {
      const joke = place?.source === "one-liners" ? jokes[place.row - 1]!.body : "";
      if (/^[\w .,?]+$/.test(joke)) expect(one(text)).toBe(one(joke));
    }
    expect(found.filter(({ place }) => place?.source === "one-liners").length).toBeGreaterThan(2000);
    expect(found.filter(({ place }) => place === null)).toEqual([]);
    expect(new Set(found.map(({ place }) => `${place!.source} ${place!.row}`)).size).toBe(found.length);
  });

  it("is not known of texts from a program, and never guessed", async () => {
    expect((await prepareTexts([{ texts: own }])).rows).toBeUndefined();
    const rows = own.map((_, i) => i + 1);
    const data = await prepareTexts([{ texts: own }, { texts: ["Only here."], rows: [1], source: "s" }]);
    const known = places(data).filter(({ place }) => place !== null);
    expect(known).toEqual([{ text: "Only here.", place: { source: "s", unit: "row", row: 1 } }]);
    const numbered = await prepareTexts([{ texts: own, rows, source: "mine", unit: "entry" }]);
    for (const { text, place } of places(numbered)) expect(own[place!.row - 1]).toBe(text);
  });
});
