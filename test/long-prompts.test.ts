/** Texts longer than a model's context, from the command line: the part that is read is said, and nothing crashes. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../src/generate/load.ts";
import { sample } from "../src/generate/sample.ts";
import { punchline } from "./cli-here.ts";
import { type ComparedFolders, comparedFolders } from "./compare-fixture.ts";

// With typographic quotes, line breaks inside, and a blank line before and after, as from a notebook.
const story =
  "\nThe fox was hungry, and couldn’t find any air.\nThe ship turned; “the music played”, said the fox. The cold music of the sea, the high air of the ship.\nTo jump, the fox had to jump high in the";
const long = `${story.replace("To jump", "The music played. ".repeat(8))}\n`;
let scratch: string;
let folders: ComparedFolders["folders"];
let release: () => void;
const run = (...words: readonly string[]) => punchline(words, { cwd: scratch });
const SAID = /The text has \d+ tokens and .* sees at most 64 at once: it reads \d+ of them, the last ones\./;

beforeAll(async () => {
  ({ scratch, folders, release } = await comparedFolders());
  writeFileSync(join(scratch, "gpt.txt"), long);
  writeFileSync(join(scratch, "bert.txt"), `${long.trimEnd()} [MASK].`);
  writeFileSync(join(scratch, "none.txt"), "\n \n");
});
afterAll(() => release());

describe("sample", () => {
  it("goes on from the last part of a prompt beyond the context, and says so", async () => {
    const words = ["sample", folders.gpt, "--text-file", "gpt.txt", "--max-length", "8"];
    const { status, stdout, stderr } = await run(...words, "--json");
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(SAID);
    const [one] = JSON.parse(stdout).samples;
    // The same as from that part alone: 64 tokens less room for 8.
    const lm = await loadModel(folders.gpt);
    const kept = lm.tokenizer.decode(lm.tokenizer.encode(one.prompt).slice(-56));
    const [alone] = await sample(lm, { prompt: kept, maxLength: 8 });
    expect(one.text).toBe(alone!.text);
  });

  it("reads a prompt that fits whole, without a word, and a recurrent model reads any", async () => {
    for (const words of [
      [folders.gpt, "--prompt", "The fox"],
      [folders.lstm, "--prompt", "The fox ".repeat(100)],
    ]) {
      const { status, stderr } = await run("sample", ...words, "--max-length", "4", "--json");
      expect(status, stderr).toBe(0);
      expect(stderr).not.toMatch(/sees at most/);
    }
  });

  it("takes one prompt, and a file that holds one", async () => {
    const twice = await run("sample", folders.gpt, "--prompt", "a", "--text-file", "gpt.txt");
    expect(twice.status).toBe(2);
    expect(twice.stderr).toContain("given twice, by --prompt and --text-file");
    const none = await run("sample", folders.gpt, "--text-file", "none.txt");
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining("none.txt holds no text")]);
    expect((await run("sample", folders.gpt, "--text-file", "gone.txt")).stderr).toMatch(/gone\.txt.*\.\n$/);
  });
});

describe("fill", () => {
  it("reads what lies around the mask, fills the whole text, and says so", async () => {
    const { status, stdout, stderr } = await run("fill", folders.bert, "--text-file", "bert.txt", "--json");
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/sees at most 64 at once: it reads 62 of them, those around the blank/);
    const { masks, text } = JSON.parse(stdout);
    expect(masks).toHaveLength(1);
    expect(text).not.toContain("[MASK]");
    expect(text.length).toBeGreaterThan(200);
  });

  it("refuses masks too far apart in one sentence, and asks about a fox by default", async () => {
    const apart = await run("fill", folders.bert, `[MASK] ${"the fox ".repeat(60)} [MASK].`);
    expect(apart.status).toBe(2);
    expect(apart.stderr).toMatch(/error: The masks of the text lie \d+ tokens apart and .*\.\n$/);
    const fox = await run("fill", folders.bert, "--json");
    expect(fox.status, fox.stderr).toBe(0);
    expect(JSON.parse(fox.stdout).masks).toHaveLength(1);
  });
});

it("compare takes a pair of files, and its summary says which is faster on them", async () => {
  const files = ["--text-file", "gpt.txt", "--text-file", "bert.txt"];
  const { status, stdout, stderr } = await run("compare", folders.gpt, folders.bert, ...files, "--runs", "6");
  expect(status, stderr).toBe(0);
  const said = stdout.replace(/\s+/g, " ");
  expect(said).toMatch(SAID);
  expect(said).toMatch(/those around the blank/);
  expect(said).toMatch(
    /Filling a blank\. From the text that each reads to its word for the blank, .* takes .* ms and .* takes .* ms: /,
  );
});

it("compare calls it one text where both go on with it, though one reads it with fewer spaces", async () => {
  const cleaned = join(scratch, "cleaned");
  cpSync(folders.lstm, cleaned, { recursive: true });
  const text_cleaning = { steps: ["space"], keepUnicode: true, lineBreaks: false };
  writeFileSync(join(cleaned, "generation_config.json"), JSON.stringify({ text_cleaning }));
  const words = ["compare", folders.lstm, cleaned, "--text", "The sea  near the", "--runs", "1"];
  const { status, stdout, stderr } = await run(...words);
  expect(status, stderr).toBe(0);
  expect(stdout.replace(/\s+/g, " ")).toMatch(/Filling a blank\. From the text to the word for its blank, /);
});

it("suggest takes a text from a file", async () => {
  const { status, stdout, stderr } = await run("suggest", folders.lstm, "--text-file", "gpt.txt", "--json");
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout).text).toContain("jump high in the");
});
