/** Options from a file: which go first, what is refused, and that the record of a run repeats it bit for bit. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "../src/cli/run.ts";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { toys } from "./fixtures/toy-cli.ts";

/** Runs a toy in a folder with these files. */
async function toy(words: string, files: Readonly<Record<string, unknown>> = {}) {
  const cwd = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), typeof content === "string" ? content : JSON.stringify(content, null, 2));
  }
  let stdout = "";
  let stderr = "";
  const usual = process.cwd();
  process.chdir(cwd);
  try {
    const status = await runCli(words.split(" "), {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      env: {},
      registry: toys,
    });
    return { status, stdout, stderr };
  } finally {
    process.chdir(usual);
  }
}

const given = async (...call: Parameters<typeof toy>) => {
  const { status, stdout, stderr } = await toy(...call);
  expect(status, stderr).toBe(0);
  return { ...JSON.parse(stdout), stderr };
};

const FILE = "punchline.config.json";

describe("a file", () => {
  const content = {
    speak: { topK: 3, dedupe: "off", stop: ["x", "y"], loud: true, cache: false, source: ["a", "b"] },
    wait: { deaf: true },
  };

  test("goes before the defaults, and the command line before it", async () => {
    const alone = await given("speak --json", { [FILE]: content });
    expect(alone.args).toEqual({ source: ["a", "b"] });
    expect(alone.options).toMatchObject({
      topK: 3,
      temperature: 1,
      dedupe: "off",
      stop: ["x", "y"],
      loud: true,
      cache: false,
    });
    expect(alone.stderr).toBe(
      `From ${FILE}: SOURCE a b --top-k 3 --no-dedupe --stop x --stop y --loud --no-cache.\n`,
    );
    const both = await given("speak c --json --top-k 9 --stop z", { [FILE]: content });
    expect(both.args).toEqual({ source: ["c"] });
    expect(both.options).toMatchObject({ topK: 9, dedupe: "off", stop: ["z"] });
    expect(both.stderr).toMatch(/; the command line replaces its SOURCE, --top-k, --stop\.\n$/);
    expect((await given("speak --json --quiet", { [FILE]: content })).stderr).toBe("");
  });

  test("has its replaced options named as one types them", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, FILE), '{ "sample": { "n": 2, "model": "./none" } }');
    const { stderr } = await punchline(["sample", "-n", "1"], { cwd });
    expect(stderr).toContain(`From ${FILE}: MODEL ./none; the command line replaces its -n.\n`);
  });

  test("is left out by --no-config, and one that is named takes its place", async () => {
    const without = await given("speak a --no-config --json", { [FILE]: content });
    expect(without).toMatchObject({ options: { topK: 40 }, stderr: "" });
    const other = await given("speak a --config b/c.json --json", {
      [FILE]: content,
      "b/c.json": { speak: { temperature: 2 } },
    });
    expect(other).toMatchObject({
      options: { topK: 40, temperature: 2 },
      stderr: "From b/c.json: --temperature 2.\n",
    });
  });

  test("that is named may have the options of one command without its section", async () => {
    const flat = await given("speak --config x.json --json", { "x.json": { topK: 5, source: "a" } });
    expect(flat).toMatchObject({ args: { source: ["a"] }, options: { topK: 5 } });
  });

  test("has paths from its own folder", async () => {
    const { args, options } = await given("speak --config b/c.json --json", {
      "b/c.json": { source: ["texts.csv", "one-liners", "hf:a/b", "/c.txt"], prompt: "a.b" },
    });
    expect(args.source).toEqual(["b/texts.csv", "one-liners", "hf:a/b", "/c.txt"]);
    expect(options.prompt).toBe("a.b");
  });

  test("that has no section for the command says so, and a command without options has none", async () => {
    const { stderr } = await given("speak a --json", { [FILE]: { wait: {} } });
    expect(stderr).toBe(`From ${FILE}: nothing, as it has no section for "speak".\n`);
    expect(await toy("fail input", { [FILE]: "{" })).toMatchObject({ status: 1 });
    expect((await toy("fail input --config x.json")).stderr).toContain("Unknown option --config");
  });

  test.each([
    ['{\n  "speak": { "topk": 3 }\n}', '2: "speak" has no option "topk"; did you mean "topK"?'],
    [
      '{\n  "speak": {\n    "max-minutes": 3\n  }\n}',
      '3: "speak" has no option "max-minutes"; did you mean "maxMinutes"?',
    ],
    ['{\n\n  "speek": {}\n}', '3: there is no command "speek"; did you mean "speak"?'],
    [
      '{ "topK": 3 }',
      '1: "topK" is outside of the section of a command; move it into one, as in { "speak": { "topK": 3 } }.',
    ],
    [
      '{ "speak": {},\n "topK": 3 }',
      '2: "topK" is outside of the section of a command; move it into one, as in { "speak": { "topK": 3 } }.',
    ],
    ['{ "speak": { "topK": "3" } }', '1: "topK" must be a number, without quotes, not "3".'],
    ['{ "speak": { "topK": 0 } }', '1: "topK" must be a whole number at least 1, not "0".'],
    ['{ "speak": { "topK": [3, 4] } }', '1: "topK" must be one value, not [3,4].'],
    ['{ "speak": { "topK": null } }', '1: "topK" must be a value, not null.'],
    ['{ "speak": { "loud": "yes" } }', '1: "loud" must be true or false, not "yes".'],
    ['{ "speak": { "prompt": 3 } }', '1: "prompt" must be a text, in quotes, not 3.'],
    ['{ "speak": { "prompt": true } }', '1: "prompt" must be one value, not true.'],
    [
      '{ "speak": { "model": "char-lstn" } }',
      '1: "model" has no choice "char-lstn"; did you mean "char-lstm"?',
    ],
    [
      `{ "speak": { "${"x".repeat(200_000)}": 3 } }`,
      `1: "speak" has no option "${"x".repeat(76)}...; see "punchline speak --help".`,
    ],
    ['{ "speak": { "source": 3 } }', '1: "source" must be a text or a list of texts, not 3.'],
  ])("%j is refused with its place", async (content, sentence) => {
    const ran = await toy("speak a", { [FILE]: content });
    expect(ran).toEqual({ status: 2, stdout: "", stderr: `error: ${FILE}, line ${sentence}\n` });
  });

  test("that is no JSON is refused with the place", async () => {
    const { status, stderr } = await toy("speak a", { [FILE]: '{\n  "speak": { "topK": 3, }\n}' });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^error: Cannot read ${FILE}: it is not valid JSON at line 2, column 25 `),
    );
    expect((await toy("speak a --config none.json")).stderr).toMatch(
      /^error: Cannot read none\.json: it does not exist/,
    );
    expect((await toy("speak a --config . --no-config")).stderr).toContain("exclude each other");
    expect((await toy("speak a --config .")).stderr).toContain("has no run.json, so it is not a run");
    expect((await toy("speak a --config=")).stderr).toMatch(/^error: --config needs a JSON file/);
  });
});

describe("the record of a run", () => {
  const small = ["--batch-size", "4", "--seq-len", "16", "--validation-tokens", "300", "--data", "texts.txt"];
  const texts = Array.from({ length: 60 }, (_, i) => `the ${i} cat${i % 7} sat on mat ${i * 31}`).join("\n");
  const weights = (folder: string) => readFileSync(join(folder, "model.safetensors"));

  test.each([
    ["char-gru", ["--width", "16", "--keep-unicode", "--no-accents"]],
    ["word-lstm", ["--width", "16", "--min-count", "1", "--optimizer", "sgd", "--momentum", "0.5"]],
    ["gpt2", ["--config", "tiny", "--layers", "1", "--width", "16", "--heads", "2", "--schedule", "wsd"]],
  ])("repeats a training of %s bit for bit", async (model, options) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "texts.txt"), texts);
    const run = async (...words: string[]) => {
      const ran = await punchline(words, { cwd });
      expect(ran.status, ran.stderr).toBe(0);
      return ran;
    };
    await run("train", "--model", model, ...options, "--steps", "3", ...small, "--out", "a");
    await run("train", "--config", "a", "--out", "b");
    expect(weights(join(cwd, "b"))).toEqual(weights(join(cwd, "a")));
    const changed = await run(
      "train",
      "--config",
      "a/run.json",
      "--out",
      "c",
      "--epochs",
      "0.1",
      "--seed",
      "7",
    );
    expect(changed.stderr).toMatch(
      /^From a\/run\.json: \d+ options; --verbose lists them; the command line replaces its .*--seed/,
    );
    const record = (folder: string) => JSON.parse(readFileSync(join(cwd, folder, "run.json"), "utf8"));
    const { created: _a, train: before, ...rest } = record("a");
    const { created: _c, train: after, ...kept } = record("c");
    expect(kept).toEqual(rest);
    const { steps: _, ...same } = before;
    expect(after).toEqual({ ...same, epochs: 0.1, seed: 7 });
  });

  test("repeats a fine-tuning from its base, and is for the command that made it", {
    timeout: 120_000,
  }, async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "texts.txt"), texts);
    const run = (...words: string[]) => punchline(words, { cwd });
    const made = async (...words: string[]) => {
      const { status, stderr } = await run(...words);
      expect(status, stderr).toBe(0);
    };
    const base = ["--model", "gpt2", "--layers", "1", "--width", "16", "--heads", "2"];
    await made("train", ...base, "--steps", "2", ...small, "--out", "a");
    await made("finetune", "a", "--lora", "--lora-rank", "2", "--steps", "3", ...small, "--out", "b");
    await made("finetune", "--config", "b", "--out", "c");
    const adapter = (name: string) => readFileSync(join(cwd, name, "adapter_model.safetensors"));
    expect(adapter("c")).toEqual(adapter("b"));
    expect(await run("train", "--config", "b", "--out", "d")).toMatchObject({
      status: 2,
      stderr:
        'error: b/run.json is the record of a run, which "punchline finetune" repeats; "train" takes nothing from it.\n',
    });
    writeFileSync(join(cwd, "bad.json"), JSON.stringify({ format: "punchline-run", version: 1 }));
    expect(await run("train", "--config", "bad.json", "--out", "d")).toMatchObject({ status: 1 });
  });
});
