/** Written texts, read back by the sources of Punchline and by hand. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { prepareTexts } from "./prepare.ts";
import { prepareData } from "./prepare-sources.ts";
import { textFileWriter } from "./write-texts.ts";

const texts = ['He said "no", twice.', "A plain one.", "Commas, and a tab\there.", "Four is enough."];

async function written(name: string): Promise<{ path: string; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), "punchline-write-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  await textFileWriter(path)(await prepareTexts([{ texts }]));
  return { path, folder };
}

test.each(["out.jsonl", "out.csv", "out.txt"])(
  "%s comes back with the same texts and splits",
  async (name) => {
    const before = await prepareTexts([{ texts }]);
    const { path, folder } = await written(name);
    const after = await prepareData(path);
    const sorted = (data: typeof before) => Object.values(data.splits).map((split) => [...split].sort());
    expect(sorted(after)).toEqual(sorted(before));
    expect(readdirSync(folder)).toEqual([name]);
  },
);

test.each(["pairs.jsonl", "pairs.csv"])("%s comes back with its prompts", async (name) => {
  const folder = mkdtempSync(join(tmpdir(), "punchline-write-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const before = await prepareTexts([{ texts, prompts: ["One?", '"Two", he asked', "", "Four?"] }]);
  await textFileWriter(join(folder, name))(before);
  const { splits, prompts } = await prepareData(join(folder, name));
  const pairs = (data: Pick<typeof before, "splits" | "prompts">) =>
    Object.entries(data.splits)
      .flatMap(([split, own]) => own.map((text, i) => `${text} ${data.prompts?.[split as "train"][i]}`))
      .sort();
  expect(pairs({ splits, ...(prompts ? { prompts } : {}) })).toEqual(pairs(before));
});

test("the lines are what other tools expect", async () => {
  const csv = readFileSync((await written("out.csv")).path, "utf8");
  expect(csv.split("\n")[0]).toBe("text,split");
  expect(csv).toMatch(/^"He said ""no"", twice\.",(train|validation|test)$/m);
  const first = readFileSync((await written("out.jsonl")).path, "utf8").split("\n")[0]!;
  expect(Object.keys(JSON.parse(first))).toEqual(["text", "split"]);
});

test("a folder that is missing is made", async () => {
  const { path } = await written("new/folder/out.txt");
  expect(readFileSync(path, "utf8").trim().split("\n")).toHaveLength(texts.length);
});

test("a writing that fails leaves nothing behind, and the file as it was", async () => {
  const { path, folder } = await written("out.csv");
  const before = readFileSync(path, "utf8");
  const data = await prepareTexts([{ texts }]);
  const { train } = data.splits;
  const broken = new Proxy([...train], {
    get: (list, key) => {
      if (key === "slice") throw new Error("no texts");
      return Reflect.get(list, key);
    },
  });
  const failing = { ...data, splits: { ...data.splits, train: broken } };
  await expect(textFileWriter(path)(failing)).rejects.toThrow("no texts");
  expect(readdirSync(folder)).toEqual(["out.csv"]);
  expect(readFileSync(path, "utf8")).toBe(before);
});

test("an unknown extension is refused before any work", () => {
  expect(() => textFileWriter("out.xlsx")).toThrow(/ends in one of \.jsonl, \.csv, \.txt/);
});
