/** Bad input to `train`, `sample` and `eval`: one sentence, a status of 1 or 2, and nothing half-written. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "./cli.ts";
import { runHere as run } from "./cli-here.ts";
import { babble } from "./training-fixture.ts";

const tiny = "--steps 2 --width 4 --embedding 2 --seq-len 4 --batch-size 2".split(" ");
const noise = Uint8Array.from({ length: 4000 }, (_, i) => (i * i * 31 + i * 7) % 256);
const jokes = babble(3000)
  .split("\n")
  .map((line, i) => `${i},"${line}"\n`)
  .join("");

const inputs: readonly (readonly [name: string, content: string | Uint8Array | null, message: RegExp])[] = [
  ["empty.csv", "", /empty\.csv is empty/],
  ["empty.txt", "", /empty\.txt is empty/],
  ["one.csv", "ID,Joke\n1,Why did the hen cross?\n", /one\.csv has only one text left/],
  ["one.txt", "Why did the hen cross?\n", /one\.txt has only one text left/],
  ["columns.csv", "a,b\n1,2\n3,4\n", /no column of texts; its columns are "a", "b"/],
  ["quotes.csv", 'ID,Joke\n1,"never closed\n2,another\n', /quotes\.csv, line 2: a quote/],
  ["long.txt", "x".repeat(10_000_000), /long\.txt has only one text left/],
  [
    "latin1.txt",
    Uint8Array.of(98, 97, 0xe9, 10, 99, 10),
    /latin1\.txt, line 1: byte 2 \(0xe9\) is not UTF-8/,
  ],
  ["binary.txt", noise, /binary\.txt is not a text file/],
  ["binary.parquet", noise, /binary\.parquet cannot be read as Parquet/],
  ["binary.json", noise, /binary\.json is not a text file/],
  ["cut.json", '{"joke": "a"', /cut\.json, line 1: not valid JSON/],
  ["cut.txt.gz", gzipSync("one\ntwo\nthree\n").subarray(0, 20), /cut\.txt\.gz is not whole gzip data/],
  ["missing.csv", null, /missing\.csv does not exist/],
  ["folder", null, /folder is a folder/],
];

describe("sources", () => {
  test.each(inputs)("%s", async (name, content, message) => {
    const cwd = temporaryFolder();
    const [source, out] = [join(cwd, name), join(cwd, "run")];
    if (content !== null) writeFileSync(source, content);
    else if (name === "folder") mkdirSync(source);
    for (const kind of content === null ? [[], ["--raw"]] : [[]]) {
      const ran = await run("train", "--data", source, "--out", out, "--json", ...tiny, ...kind);
      expect(ran).toMatchObject({ status: 1, stdout: "", errors: [expect.stringMatching(message)] });
      expect(existsSync(out)).toBe(false);
    }
  });

  test("a 10 MB line is a text like any other when it is taken as it stands", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "long.txt"), babble(10_000).replaceAll("\n", " ").repeat(1000));
    const words = ["train", "--data", join(cwd, "long.txt"), "--raw", "--out", join(cwd, "run"), "--json"];
    const ran = await run(...words, ...tiny, "--validation-tokens", "100");
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ steps: 2 });
  });

  test.each([
    [["--seq-len", "64"], 1, /The text has 10 tokens, and a batch of 2 windows of 64 needs 129/],
    [
      ["--batch-size", "9"],
      1,
      /needs 37.*choose a sequence length of at most 1, or a batch size of at most 2/,
    ],
    [["--windows", "shuffled", "--seq-len", "10"], 1, /a window of 10 needs 11/],
  ] as const)("windows longer than the text: %j", async (options, status, message) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "short.txt"), "hello world");
    const [source, out] = [join(cwd, "short.txt"), join(cwd, "run")];
    const ran = await run("train", "--data", source, "--raw", "--out", out, ...tiny, ...options);
    expect(ran).toMatchObject({ status, stdout: "", errors: [expect.stringMatching(message)] });
    expect(existsSync(out)).toBe(false);
  });
});

describe("options of train", () => {
  test.each([
    ["", /--out is needed/],
    ["--out r --model char-lstn", /no model "char-lstn".*did you mean "char-lstm"/],
    ["--out r --heads 4", /^error: char-lstm has no option --heads/],
    ["--out r --with 3", /Unknown option --with; did you mean "--width"/],
    ["--out r --width 0", /--width must be a whole number at least 1, not "0"/],
    ["--out r --dropout 1", /--dropout must be a number from 0 to 0.95/],
    ["--out r --learning-rate -1", /--learning-rate must be a number above 0/],
    ["--out r --momentum 0.5", /--momentum is an option of --optimizer sgd/],
    ["--out r --vocabulary-size 900", /--vocabulary-size is an option of vocabularies of pieces of words/],
    ["--out r --validation 0.1 --validation-file x.txt", /--validation and --validation-file both say/],
    ["--out r --stride 3", /--stride is an option of --windows shuffled/],
    ["--out r --warmup 9 --steps 5", /--warmup 9 is beyond the 5 steps/],
    ["--out r --steps 5 --epochs 2", /--steps 5 and --epochs 2 are two lengths of one training/],
    ["--out r --width 400000", /needs at least \d+ GB of memory and [\d.]+ GB are free/],
  ])("%j", async (words, message) => {
    const ran = await run("train", ...words.split(" ").filter(Boolean));
    expect(ran).toMatchObject({ status: 2, stdout: "", errors: [expect.stringMatching(message)] });
    expect(existsSync("r")).toBe(false);
  });
});

describe("models and options of sample and eval", () => {
  let folder = "";
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "punchline-test-"));
    writeFileSync(at("jokes.csv"), `ID,Joke\n${jokes}`);
    const words = ["train", "--data", at("jokes.csv"), "--near", "off", "--no-duplicates"];
    const ran = await run(...words, "--out", at("run"), "--json", ...tiny);
    expect(ran).toMatchObject({ status: 0 });
    return () => rmSync(folder, { recursive: true });
  });

  test.each([
    ["--temperature -1", 2, /--temperature must be a number from 0 to 100, not "-1"/],
    ["--top-p 0", 2, /--top-p must be/],
    ["--n 0", 2, /--n must be/],
    ["--max-length 0", 2, /--max-length must be/],
    ["--stop=", 2, /--stop/],
    ["--prompt дом", 1, /The vocabulary has no character "д" \(U\+0434/],
  ])("sample %s", async (words, status, message) => {
    const ran = await run("sample", at("run"), "--json", ...words.split(" "));
    expect(ran).toMatchObject({ status, stdout: "", errors: [expect.stringMatching(message)] });
  });

  test.each([
    ["a folder that is no model", (copy: string) => rmSync(join(copy, "config.json")), /no config\.json/],
    ["weights cut short", (copy: string) => truncateSync(join(copy, "model.safetensors"), 500), /cut short/],
    ["weights of no bytes", (copy: string) => truncateSync(join(copy, "model.safetensors")), /cut short/],
    ["no weights", (copy: string) => rmSync(join(copy, "model.safetensors")), /has no weights/],
    ["no vocabulary", (copy: string) => rmSync(join(copy, "tokenizer.json")), /has no tokenizer/],
    [
      "broken JSON",
      (copy: string) => writeFileSync(join(copy, "config.json"), "{"),
      /config\.json: it is not valid/,
    ],
    [
      "other sizes",
      (copy: string) => {
        const config = JSON.parse(readFileSync(join(copy, "config.json"), "utf8"));
        writeFileSync(join(copy, "config.json"), JSON.stringify({ ...config, hidden_size: 9 }));
      },
      /weights do not fit.*head\.weight is \[100, 4\], not \[100, 9\]/,
    ],
  ])("%s", async (_, damage, message) => {
    const copy = join(temporaryFolder(), "copy");
    cpSync(at("run"), copy, { recursive: true });
    damage(copy);
    for (const command of ["sample", "eval"]) {
      const ran = await run(command, copy, "--json");
      expect(ran).toMatchObject({ status: 1, stdout: "", errors: [expect.stringMatching(message)] });
    }
  });

  test.each([
    ["--stride 4", /--stride is of no use to a char-lstm/],
    ["--raw --split train", /--raw .* whole.*--split/],
    ["--raw --column Joke", /--raw takes .*--column/],
    ["--split validation --data none.csv", /none\.csv does not exist/],
  ])("eval %s", async (words, message) => {
    const ran = await run("eval", at("run"), "--json", ...words.split(" "));
    expect(ran).toMatchObject({ stdout: "", errors: [expect.stringMatching(message)] });
    expect(ran.status).toBeGreaterThan(0);
  });

  test("sample and eval print one document each", async () => {
    const sampled = await run("sample", at("run"), "--json", "-n", "3", "--max-length", "5", "--seed", "2");
    expect(sampled).toMatchObject({ status: 0, stderr: "" });
    const { samples } = JSON.parse(sampled.stdout);
    expect(samples).toHaveLength(3);
    expect(samples[0]).toEqual({
      prompt: "",
      text: expect.any(String),
      log_probabilities: expect.any(Array),
      tokens: expect.any(Number),
      finish: expect.stringMatching(/^(eos|length|stop)$/),
    });
    const same = await run("sample", at("run"), "-n", "3", "--max-length", "5", "--seed", "2");
    expect(same.stdout).toBe(samples.map(({ text }: { text: string }) => `${text}\n`).join(""));
  });

  test("eval without --data scores the run's own test split", async () => {
    const named = ["--data", at("jokes.csv"), "--near", "off", "--no-duplicates"];
    const [own, given] = [
      await run("eval", at("run"), "--json"),
      await run("eval", at("run"), "--json", ...named),
    ];
    expect(own.status).toBe(0);
    expect(own.stdout).toBe(given.stdout);
    const document = JSON.parse(own.stdout);
    expect(document).toMatchObject({ split: "test", tokens: expect.any(Number) });
    expect(document.perplexity).toBeCloseTo(Math.exp(document.loss), 9);
    const train = JSON.parse((await run("eval", at("run"), "--json", "--split", "train")).stdout);
    expect(train.tokens).toBeGreaterThan(document.tokens);
  });

  test("eval of all of a file takes a file of one text, which has no parts", async () => {
    writeFileSync(at("one.txt"), "why did the hen cross the road?\n");
    const of = (...words: string[]) => run("eval", at("run"), "--data", at("one.txt"), "--json", ...words);
    const [whole, part] = [await of("--split", "all"), await of("--split", "test")];
    expect(whole.stderr).not.toMatch(/error/);
    expect(JSON.parse(whole.stdout)).toMatchObject({ split: "all", tokens: 32 });
    expect(part).toMatchObject({ status: 1, stdout: "" });
    // A part that is given as a file belongs to all as well.
    writeFileSync(at("other.txt"), "a duck walks into a bar.\n");
    const both = await of("--split", "all", "--validation-file", at("other.txt"), "--test", "0");
    expect(both.stderr).not.toMatch(/error/);
    expect(JSON.parse(both.stdout)).toMatchObject({ split: "all", tokens: 32 + 25 });
  });
});
