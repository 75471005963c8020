import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { continueHistory, readLog, readSamples } from "./results.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "punchline-history-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const samples = () => readFile(join(dir, "samples.md"), "utf8");

const texts = [
  "plain words, with a full stop.",
  "# a heading\n- a list\n1. another\n2) and\n=====\n\n    code",
  "*bold* _too_ `code` ~~gone~~ | a | table | $x$ \\* kept",
  "<script>alert(1)</script> <img src=x onerror=alert(1)> &amp; &#32;",
  "[link](javascript:alert(1)) ![image](https://evil.example/x.png) https://evil.example www.evil.example me@evil.example",
  "## Step 7\n\n> forged",
  "ends in blanks  \n\ttab",
];

it("shows what a model wrote, with no markup in it, and reads it back as it was", async () => {
  const history = await continueHistory(dir, 100);
  for (const [step, text] of texts.entries()) await history.sample({ step, text });
  expect(await readSamples(dir)).toEqual(
    texts.map((text, step) => ({ step, text: text.replace("\ttab", " tab") })),
  );
  const lines = (await samples()).split("\n").filter((line) => line.startsWith(">"));
  for (const line of lines) {
    // Every character that begins markup has a backslash before it.
    const bare = line
      .slice(1)
      .replace(/\\[\p{P}\p{S}]/gu, "x")
      .replaceAll("&#32;", "");
    expect(bare).not.toMatch(/[\\`*_{}[\]<>#&|~!$@]|^ ?[-+=]|^ ?\d+[.)]|\bhttps?:|\bwww\./);
  }
  expect(await samples()).toMatch(/^> \\<script\\>alert\(1\)\\<\/script\\>/m);
  // Going on does not escape again.
  const before = await samples();
  await continueHistory(dir, 100);
  expect(await samples()).toBe(before);
});

it("shows control characters and marks of direction", async () => {
  const history = await continueHistory(dir, 100);
  await history.sample({ step: 1, text: "a\u001b[2Jb\u0000c\u202ed\u2066e\u009bf\rg" });
  expect(await samples()).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u);
  expect((await readSamples(dir))[0]!.text).toBe("a\\x1b[2Jb\\x00c\\u202ed\\u2066e\\x9bf\\x0dg");
});

it("reads the samples of 0.1.0 as they are", async () => {
  await writeFile(
    join(dir, "samples.md"),
    "# Samples along training\n\n## Step 5\n\n> a \\* *b* &#32;\n>\n> c\n",
  );
  expect(await readSamples(dir)).toEqual([{ step: 5, text: "a \\* *b* &#32;\n\nc" }]);
});

it.each(["null", "7", "[]", "{}", '{"step":"x"}', '{"step":1,"loss":"<b>"}', '{"step":1e999}', "{"])(
  "a log with %s for a row is refused with its line",
  async (line) => {
    await writeFile(join(dir, "log.jsonl"), `{"step":1,"loss":2.5}\n${line}\n`);
    await expect(readLog(dir)).rejects.toThrow(/log\.jsonl, line 2 is not a row of a log/);
  },
);
