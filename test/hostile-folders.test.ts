/** Model folders and places that others made: refused in one sentence, at once, and before anything is built. */
import { execFileSync } from "node:child_process";
import { cpSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeFileAtomic } from "../src/files/atomic.ts";
import { loadModel } from "../src/generate/load.ts";
import { mayRunAway } from "../src/text/tokenizer-checks.ts";
import { temporaryFolder } from "./cli.ts";
import { runHere } from "./cli-here.ts";
import { babble } from "./training-fixture.ts";

const tiny = "--steps 1 --batch-size 2 --seq-len 8 --sample-every 0".split(" ");
let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "punchline-hostile-"));
  writeFileSync(at("babble.txt"), babble(3000));
  const gpt2 = "--model gpt2 --layers 1 --width 8 --heads 2 --context 16".split(" ");
  const words = ["train", "--data", at("babble.txt"), "--raw", "--out", at("gpt2"), ...gpt2, ...tiny];
  expect(await runHere(...words)).toMatchObject({ status: 0 });
  return () => rmSync(folder, { recursive: true });
});

type Json = Record<string, unknown>;
/** Opens a copy of the model with a file of it changed. */
async function opened(name: string, change: (path: string) => void) {
  const copy = join(temporaryFolder(), "copy");
  cpSync(at("gpt2"), copy, { recursive: true });
  change(join(copy, name));
  return loadModel(copy);
}
const edit = (change: (json: Json) => unknown) => (path: string) => {
  const json = JSON.parse(readFileSync(path, "utf8")) as Json;
  change(json);
  writeFileSync(path, JSON.stringify(json));
};

describe.skipIf(process.platform !== "linux")("places that hold no files (Linux only)", () => {
  test.each([
    "/proc/punchline/run",
    "/proc/punchline",
    "/dev/null/run",
    "/dev/null",
    "/dev/full",
    "/sys/punchline/a/b",
  ])("a run in %s is refused at once", async (out) => {
    const before = lstatSync("/dev/null").rdev;
    const ran = await runHere(
      "train",
      "--data",
      at("babble.txt"),
      "--raw",
      "--out",
      out,
      "--width",
      "4",
      ...tiny,
    );
    expect(ran.status).toBeGreaterThan(0);
    expect(ran.errors).toHaveLength(1);
    expect(ran.errors[0]).not.toMatch(/bug in Punchline/);
    expect(lstatSync("/dev/null").rdev).toBe(before);
  });

  test("a device, a pipe or a folder is not written over", async () => {
    const place = temporaryFolder();
    execFileSync("mkfifo", [join(place, "pipe")]);
    for (const path of ["/dev/null", "/dev/full", join(place, "pipe"), place])
      await expect(writeFileAtomic(path, "text")).rejects.toMatchObject({ code: "not-a-file" });
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test.each([
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "model.safetensors",
  ])("a named pipe in place of %s is no file, and nobody waits for it", async (name) => {
    const pipe = (path: string) => {
      rmSync(path);
      execFileSync("mkfifo", [path]);
    };
    await expect(opened(name, pipe)).rejects.toMatchObject({ code: "not-a-file" });
  });
});

describe("config.json", () => {
  test.each([
    ["n_layer", 1_000_000_000, /"n_layer" is 1000000000, and the weights are only \d+ tensors/],
    ["n_layer", 1e300, /"n_layer" is 1e\+300/],
    ["n_layer", "1", /"n_layer" must be a positive whole number/],
    ["n_embd", 2 ** 40, /"n_embd" must be a positive whole number up to 2147483647/],
    ["n_embd", [8], /"n_embd" must be a positive whole number/],
    ["vocab_size", 1e9, /weights do not fit/],
    ["n_positions", null, /"n_positions" must be a positive whole number, not null\./],
  ])("with %s %j", async (key, value, message) => {
    await expect(
      opened(
        "config.json",
        edit((json) => (json[key] = value)),
      ),
    ).rejects.toThrow(message);
  });

  test("with a key twice, or nested without end", async () => {
    const twice = (path: string) =>
      writeFileSync(path, readFileSync(path, "utf8").replace("{", '{"n_head": 1,'));
    await expect(opened("config.json", twice)).rejects.toThrow(/has the key "n_head" twice/);
    for (const name of ["config.json", "tokenizer.json"])
      for (const depth of [1000, 200_000]) {
        const deep = (path: string) => writeFileSync(path, `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`);
        await expect(opened(name, deep)).rejects.toThrow(/nested more than 200 deep|not valid JSON/);
      }
  });
});

describe("tokenizer.json", () => {
  const model = (json: Json) => json.model as { vocab: Record<string, unknown>; merges: unknown[] };
  test.each<[string, (json: Json) => unknown, RegExp]>([
    ["an id that is no whole number", (json) => (model(json).vocab.a = 0.5), /gives "a" the id 0.5/],
    ["an id that is text", (json) => (model(json).vocab.a = "3"), /gives "a" the id "3"/],
    ["an id below 0", (json) => (model(json).vocab.a = -1), /gives "a" the id -1/],
    ["an id far out", (json) => (model(json).vocab.a = 1e9), /none with the id/],
    ["an id twice", (json) => (model(json).vocab.a = model(json).vocab.b), /have the same id/],
    ["a merge of what is unknown", (json) => model(json).merges.push("☃ a"), /"☃" is not in the vocabulary/],
    ["a merge of three", (json) => model(json).merges.push("a b c"), /two tokens were expected/],
    ["a merge that is a number", (json) => model(json).merges.push(3), /two tokens were expected/],
    ["merges that are none", (json) => ((json.model as Json).merges = { a: "b" }), /merges are not a list/],
    [
      "a pattern that runs away",
      (json) =>
        (json.pre_tokenizer = {
          type: "Split",
          pattern: { Regex: "(a+)+$" },
          behavior: "Isolated",
          invert: false,
        }),
      /could run for ever/,
    ],
  ])("%s", async (_, change, message) => {
    await expect(opened("tokenizer.json", edit(change))).rejects.toThrow(message);
  });

  test("patterns of published tokenizers are taken, and those that double their time are not", () => {
    const published = [
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+",
    ];
    for (const pattern of published) expect(mayRunAway(pattern), pattern).toBe(false);
    for (const pattern of [
      "(a+)+$",
      "(a|aa)*b",
      "((a*)b?)*c",
      "(?:x{1,})+y",
      "\\s*\\s*$",
      "([ab]*)*c",
      "(?:aa?)+$",
      "(?:a{1,50}){1,50}b",
    ])
      expect(mayRunAway(pattern), pattern).toBe(true);
  });
});
