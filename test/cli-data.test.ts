/** `punchline data`: its document, its table, its file, and bad input. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { punchline as punchlineProcess, temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";

/** A folder with one file of this content. */
function folderWith(name: string, content: string | Uint8Array): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), content);
  return folder;
}

const jokes = [
  "ID,Joke",
  '1,"I told my dog a joke; he said ""woof""."',
  "2,Why did the tomato blush? It saw the salad dressing.",
  "3,why did the tomato blush?  It saw the salad dressing!",
  "4,I used to be a banker but I lost interest.",
  '5,"   "',
  "6,Parallel lines have so much in common; a pity that they never meet.",
].join("\n");

describe("the document", () => {
  test("counts the built-in jokes, and every row is accounted for", async () => {
    const { status, stdout } = await punchline(["data", "one-liners", "--json"]);
    expect(status).toBe(0);
    const document = JSON.parse(stdout);
    const { rows_in, rows_out, dropped, splits, vocabulary } = document;
    expect(rows_in).toBe(2_633);
    expect(vocabulary).toBe(100);
    expect(dropped.attack_on_a_group).toBeGreaterThan(0);
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
    expect(rows_out + sum(dropped)).toBe(rows_in);
    expect(sum(splits)).toBe(rows_out);
    expect(Object.keys(splits)).toEqual(["train", "validation", "test"]);
  });

  test("of a small file is what a person counts", async () => {
    const cwd = folderWith("jokes.csv", jokes);
    const ran = await punchline(["data", "jokes.csv", "--json"], { cwd });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      rows_in: 6,
      rows_out: 4,
      dropped: { empty: 1, duplicate: 1 },
      sources: [{ source: "jokes.csv", format: "csv", column: "Joke", rows: 6 }],
    });
    const kept = await punchline(["data", "jokes.csv", "--no-duplicates", "--near", "off", "--json"], {
      cwd,
    });
    expect(JSON.parse(kept.stdout)).toMatchObject({ rows_out: 5, dropped: { empty: 1 } });
  });

  test("of a raw text is split by position", async () => {
    const cwd = folderWith("book.txt", "abcd ".repeat(200));
    const { stdout } = await punchline(["data", "book.txt", "--raw", "--validation", "0.1", "--json"], {
      cwd,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      splits: { train: 900, validation: 100, test: 0 },
      // Four letters, the space, and the line break that ends a text.
      vocabulary: 6,
    });
  });
});

describe("for a person", () => {
  test("it says what happens to near copies, also where they are not looked for", async () => {
    const shown = async (...more: string[]) => (await punchline(["data", "one-liners", ...more])).stdout;
    expect(await shown()).toContain("dropped, near copies too");
    expect(await shown("--near", "off")).toContain("dropped, near copies kept");
  });

  test("the table fits 80 columns and says what was dropped", async () => {
    const { stdout } = await punchline(["data", "one-liners"]);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/dropped: attack on a group +\d+/);
    expect(stdout).toMatch(/kept +\d,\d{3}/);
  });

  test("jokes that are not fit for a classroom are counted, and kept where asked to", async () => {
    const { stdout, stderr } = await punchline(["data", "one-liners"]);
    expect(stdout).toMatch(/dropped: not for a classroom +\d{3}/);
    expect(stderr).toMatch(
      /\d{3} of 2,633 jokes are not fit for a classroom and left out; --all-jokes keeps them\./,
    );
    const all = await punchline(["data", "one-liners", "--all-jokes", "--json"]);
    expect(JSON.parse(all.stdout).dropped).not.toHaveProperty("not_for_a_classroom");
    expect(all.stderr).not.toContain("classroom");
  });

  test("an option of the built-in jokes is refused where they are not read", async () => {
    const cwd = folderWith("jokes.csv", "Joke\none\ntwo\n");
    for (const command of [
      ["data", "jokes.csv"],
      ["train", "--data", "jokes.csv", "--out", "run"],
    ]) {
      const { status, stderr } = await punchline([...command, "--all-jokes"], { cwd });
      expect(status).toBe(2);
      expect(stderr).toContain(
        "--all-jokes chooses among the built-in jokes (one-liners), which are not read here",
      );
    }
    expect(existsSync(join(cwd, "run"))).toBe(false);
  });

  test("the table may be cut short by its reader", async () => {
    const ran = await punchlineProcess(["data", "one-liners"], {
      meanwhile: (child) => child.stdout!.destroy(),
    });
    expect(ran.status).toBe(0);
  });
});

describe("--show-windows", () => {
  test("has windows whose labels are the ids shifted by one", async () => {
    const ran = await punchline(["data", "one-liners", "--show-windows", "3", "--seq-len", "20", "--json"]);
    const { windows } = JSON.parse(ran.stdout) as {
      windows: { text: string; ids: number[]; labels: number[] }[];
    };
    expect(windows).toHaveLength(3);
    for (const { text, ids, labels } of windows) {
      expect(text).toHaveLength(20);
      expect(labels.slice(0, -1)).toEqual(ids.slice(1));
    }
    // One lane: each goes on where the one before ended.
    expect(windows[1]!.ids[0]).toBe(windows[0]!.labels.at(-1));
  });

  test.each([
    ["word", "word-lstm", "words"],
    ["bpe", "gpt2", "tokens"],
    ["wordpiece", "bert", "tokens"],
  ])("of a vocabulary of kind %s is what %s reads", async (vocabulary, model, unit) => {
    const options = ["--vocabulary", vocabulary, "--show-windows", "1", "--seq-len", "16"];
    const { stdout } = await punchline(["data", "one-liners", ...options]);
    expect(stdout.replaceAll("\n", " ")).toContain(`What ${model} reads: rows of 16 ${unit}.`);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test.each([
    [["--seq-len", "8"], "--seq-len shapes the windows that --show-windows shows"],
    [
      ["--show-windows", "1", "--model", "char-lstm", "--vocabulary", "bpe"],
      "does not read --vocabulary bpe",
    ],
    [["--show-windows", "1", "--model", "char-lstn"], '"char-lstm"?'],
    [["--show-windows", "1", "--model", "punchline-bert", "--width", "8"], "--width is for a new model"],
    [["--show-windows", "1", "--whole-words"], "--whole-words is for models that fill masks"],
  ])("refuses %j", async (options, sentence) => {
    const ran = await punchline(["data", "one-liners", ...options]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain(sentence);
  });
});

describe("--out", () => {
  test("writes what was kept, and reads the same again", async () => {
    const cwd = folderWith("jokes.csv", jokes);
    const first = await punchline(["data", "jokes.csv", "--out", "kept.jsonl", "--json"], { cwd });
    const lines = readFileSync(join(cwd, "kept.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines.map((line) => JSON.parse(line).text)).toContain('I told my dog a joke; he said "woof".');
    const again = await punchline(["data", "kept.jsonl", "--json"], { cwd });
    expect(JSON.parse(again.stdout)).toMatchObject({
      rows_in: 4,
      rows_out: 4,
      splits: JSON.parse(first.stdout).splits,
    });
  });

  test("never overwrites a source", async () => {
    const cwd = folderWith("jokes.csv", jokes);
    const ran = await punchline(["data", "jokes.csv", "--out", "./jokes.csv"], { cwd });
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(readFileSync(join(cwd, "jokes.csv"), "utf8")).toBe(jokes);
  });

  test("fails in one sentence where it cannot write", async () => {
    const cwd = folderWith("jokes.csv", jokes);
    const ran = await punchline(["data", "jokes.csv", "--out", "jokes.csv/folder.csv", "--json"], { cwd });
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    expect(ran.stderr).toMatch(
      /error: Cannot write jokes\.csv\S*: a part of the path is a file where a folder is needed/,
    );
  });
});

describe("bad input is one sentence", () => {
  const bad: [what: string, name: string, content: string | Uint8Array, options: string[]][] = [
    ["an empty file", "a.csv", "", []],
    ["a file of one joke", "a.csv", "Joke\nonly one\n", []],
    ["a file without texts", "a.csv", "a,b\n1,2\n3,4\n", ["--column", "Jok"]],
    ["broken quotes", "a.csv", 'Joke\n"never closed\nand on', []],
    ["a binary file", "a.txt", Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256), []],
    ["JSON cut short", "a.json", '[{"text": "a"}, {"te', []],
    ["a parquet file that is none", "a.parquet", "PAR1 nothing", []],
  ];

  test.each(bad)("%s", async (_what, name, content, options) => {
    const ran = await punchline(["data", name, ...options, "--json"], { cwd: folderWith(name, content) });
    expect(ran.stdout).toBe("");
    expect([1, 2]).toContain(ran.status);
    const sentences = ran.stderr.split("\n").filter((line) => line.startsWith("error: "));
    expect(sentences).toHaveLength(1);
    expect(ran.stderr).not.toMatch(/This is a bug|^ +at /m);
    expect(sentences[0]).toContain(name);
  });

  test("a missing file, a folder", async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "texts"));
    for (const name of ["missing.csv", "texts"]) {
      const ran = await punchline(["data", name], { cwd });
      expect([1, 2]).toContain(ran.status);
      expect(ran.stderr).toMatch(new RegExp(`^error: .*${name}.*\\.$`, "m"));
      expect(ran.stderr).not.toContain("This is a bug");
    }
  });

  test.each([
    ["--raw --near 0.5", /--raw .*near/],
    ["--raw --out x.txt", /--out .*--raw/],
    ["--out x.xlsx", /ends in one of/],
    ["--near 2", /--near must be a number from 0\.3 to 1 or "off"/],
    ["--validation 0.6 --test 0.6", /below 1/],
    ["--colum Joke", /did you mean "--column"/],
  ])("wrong usage: %s", async (words, sentence) => {
    const cwd = folderWith("jokes.csv", jokes);
    const ran = await punchline(["data", "jokes.csv", ...words.split(" ")], { cwd });
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(sentence);
  });
});

describe("how a file was read", () => {
  test("is in the table, on standard error where it is unusual, and in the document", async () => {
    const rows = ["frage;antwort", "1;Er sagte: \u201eNein\u201c", "2;\u00dcber, unter; nein"].join("\r\n");
    const bytes = Buffer.from(`\ufeff${rows.replace("unter; nein", "unter")}`, "utf16le");
    const cwd = folderWith("witze.csv", bytes);
    const shown = await punchline(["data", "witze.csv"], { cwd });
    expect(shown.stdout).toMatch(/UTF-16LE, ";", names in row 1/);
    expect(shown.stderr).toMatch(/witze.csv: It is read as UTF-16LE/);
    expect(shown.stderr).toMatch(/separated by semicolons/);
    const { stdout } = await punchline(["data", "witze.csv", "--json", "--delimiter", ";"], { cwd });
    expect(JSON.parse(stdout).sources).toMatchObject([
      { column: "antwort", encoding: "utf-16le", delimiter: ";", header: true },
    ]);
  });

  test("what the memory cannot hold is refused before Node dies of it", async () => {
    const lines = Array.from({ length: 1_000_000 }, (_, i) => `text ${i}`).join("\n");
    const cwd = folderWith("many.txt", lines);
    const ran = await punchlineProcess(["data", "many.txt"], {
      cwd,
      env: { NODE_OPTIONS: "--max-old-space-size=128" },
    });
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    expect(ran.stderr).toMatch(/many.txt: \d+ texts .* need more than the \d+ MB .*--max-old-space-size=\d+/);
  });
});

const assets = process.env.PUNCHLINE_ASSETS;

describe.skipIf(!assets)("real jokes (skipped without PUNCHLINE_ASSETS)", () => {
  test("the Kaggle layout works as it is", async () => {
    const file = resolve(assets!, "short-jokes", "shortjokes.csv");
    const { status, stdout } = await punchline(["data", file, "--json"]);
    expect(status).toBe(0);
    const { rows_in, rows_out, sources } = JSON.parse(stdout);
    expect(sources).toMatchObject([{ column: "Joke", rows: rows_in }]);
    expect(rows_in).toBe(39_754);
    expect(rows_out).toBeGreaterThan(30_000);
  });
});
