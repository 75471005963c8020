/** Bad input to `finetune`: one sentence, a status of 1 or 2, and nothing half-written. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { architectureOf } from "../src/models/registry.ts";
import { trainBpe } from "../src/text/bpe-train.ts";
import { temporaryFolder } from "./cli.ts";
import { runHere as run } from "./cli-here.ts";
import { writeRandomFolder } from "./torch/forward.ts";
import { babble } from "./training-fixture.ts";

let folder = "";
const at = (name: string) => join(folder, name);
const quick = "--near off --no-duplicates --batch-size 2 --seq-len 16 --sample-every 0".split(" ");

/** A folder with random weights and its own vocabulary. */
async function write(
  name: string,
  type: string,
  files: Readonly<Record<string, string>>,
  vocabulary: number,
) {
  const architecture = architectureOf(type);
  const sizes = { layers: 1, width: 16, heads: 2, context: 24 };
  await writeRandomFolder(architecture.build(architecture.configure(sizes, vocabulary)), folder);
  for (const file of ["config.json", "model.safetensors"]) {
    cpSync(at(file), join(at(name), file));
    rmSync(at(file));
  }
  for (const [file, content] of Object.entries(files)) writeFileSync(join(at(name), file), content);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "punchline-finetune-input-"));
  const lines = babble(3000).split("\n");
  writeFileSync(at("jokes.txt"), lines.join("\n"));
  writeFileSync(at("more.txt"), [...lines, "one more joke that was not there before"].join("\n"));
  const pairs = lines.map((completion, i) => `${JSON.stringify({ prompt: `Number ${i}?`, completion })}\n`);
  writeFileSync(at("pairs.jsonl"), pairs.join(""));
  const { files } = trainBpe(lines, { vocabularySize: 280 });
  const bpe = Object.fromEntries(Object.entries(files).map(([name, json]) => [name, JSON.stringify(json)]));
  const size = Object.keys(files["tokenizer.json"].model.vocab).length;
  await write("gpt2", "gpt2", bpe, size);
  await write("small", "gpt2", bpe, size - 5);
  const words = [...new Set(lines.flatMap((line) => line.match(/[a-z]+|\./g) ?? []))];
  const pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words];
  await write("bert", "bert", { "vocab.txt": `${pieces.join("\n")}\n` }, pieces.length);
  expect(
    await run(
      "finetune",
      at("gpt2"),
      "--data",
      at("jokes.txt"),
      "--out",
      at("run"),
      "--steps",
      "2",
      ...quick,
    ),
  ).toMatchObject({ status: 0 });
  return () => rmSync(folder, { recursive: true });
});

describe("options that do not fit", () => {
  test.each([
    ["gpt2", "--steps 3 --epochs 1", /--steps 3 and --epochs 1 are two lengths/],
    ["gpt2", "--whole-words", /--whole-words is for models that fill masks; gpt2 hides no words/],
    [
      "gpt2",
      "--stride 3 --packing none",
      /--stride is an option of --packing stream, and this training has --packing none/,
    ],
    ["gpt2", "--long-texts truncate --packing stream", /--long-texts is for --packing blocks or none/],
    ["gpt2", "--seq-len 25", /--seq-len 25 is beyond the 24 tokens that gpt2 sees/],
    ["gpt2", "--completion-column a", /--completion-column goes with --prompt-column/],
    ["gpt2", "--column a --prompt-column b --completion-column c", /name the same thing/],
    ["bert", "--packing stream", /bert reads texts in rows of their own/],
    ["bert", "--windows shuffled", /bert reads texts in rows of their own/],
    ["bert", "--sample-prompt hello", /--sample-prompt needs a \[MASK\] for bert to fill/],
  ])("%s %s", async (model, words, message) => {
    const out = join(temporaryFolder(), "out");
    const options = words.split(" ");
    const ran = await run(
      "finetune",
      at(model),
      "--data",
      at("jokes.txt"),
      "--out",
      out,
      ...quick,
      ...options,
    );
    expect(ran).toMatchObject({ status: 2, stdout: "", errors: [expect.stringMatching(message)] });
    expect(existsSync(out)).toBe(false);
  });

  test.each([
    ["gpt2", ["--packing", "stream"], /--packing stream learns every token, and this data has prompts/],
    [
      "bert",
      [],
      /bert fills masks, and this data has answers to prompts.*name a column of plain texts with --column/,
    ],
  ] as const)("%s on data with prompts %j", async (model, words, message) => {
    const out = join(temporaryFolder(), "out");
    const ran = await run(
      "finetune",
      at(model),
      "--data",
      at("pairs.jsonl"),
      "--out",
      out,
      ...quick,
      ...words,
    );
    expect(ran).toMatchObject({ status: 2, stdout: "", errors: [expect.stringMatching(message)] });
  });
});

test("a vocabulary that is larger than the model's", async () => {
  const out = join(temporaryFolder(), "out");
  const ran = await run("finetune", at("small"), "--data", at("jokes.txt"), "--out", out, ...quick);
  const message = /The vocabulary has \d+ ids but the model only \d+; they do not belong together/;
  expect(ran).toMatchObject({ status: 1, stdout: "", errors: [expect.stringMatching(message)] });
  expect(existsSync(out)).toBe(false);
});

test("a learning rate that explodes: step, cause, and the last good state", async () => {
  const out = join(temporaryFolder(), "out");
  const rate = ["--learning-rate", "1e30", "--clip", "0", "--steps", "50"];
  const ran = await run("finetune", at("gpt2"), "--data", at("jokes.txt"), "--out", out, ...quick, ...rate);
  const message =
    /Training stopped at step \d+: .*The checkpoint of step 0 is kept\. Train again with a lower/;
  expect(ran).toMatchObject({ status: 1, errors: [expect.stringMatching(message)] });
  expect((await run("sample", out, "--json", "--max-length", "5")).status).toBe(0);
});

describe("resuming", () => {
  const goOn = (...words: readonly string[]) =>
    run("finetune", at("gpt2"), "--out", at("run"), "--resume", ...words);

  test("with other data names it and both fingerprints", async () => {
    const ran = await goOn("--data", at("more.txt"));
    const message = new RegExp(
      `run was trained on other data: its fingerprint is \\w{32}, and that of ${at("more.txt")} is now \\w{32}`,
    );
    expect(ran).toMatchObject({ status: 2, stdout: "", errors: [expect.stringMatching(message)] });
  });

  test.each([
    ["--packing none", /was begun with --packing blocks, and --resume cannot change that to none/],
    ["--prompt-column tags", /was begun without --prompt-column, and --resume cannot bring it in/],
    ["--batch-size 3", /was begun with --batch-size 2, and --resume cannot change that to 3/],
  ])("with %s", async (words, message) => {
    const ran = await goOn(...words.split(" "));
    expect(ran).toMatchObject({ status: 2, stdout: "", errors: [expect.stringMatching(message)] });
  });

  test("keeps the run's device", async () => {
    const record = readFileSync(at("run/run.json"), "utf8");
    writeFileSync(at("run/run.json"), record.replace('"device": "cpu"', '"device": "dml"'));
    try {
      const ran = await goOn("--steps", "3");
      expect(ran).toMatchObject({ status: 1, errors: [expect.stringMatching(/no "dml" on this system/)] });
    } finally {
      writeFileSync(at("run/run.json"), record);
    }
  });

  test("from another model, or as if it had none", async () => {
    const other = await run("finetune", at("bert"), "--out", at("run"), "--resume");
    expect(other.errors).toEqual([
      expect.stringMatching(/was fine-tuned from .*gpt2, not from .*bert; go on with/),
    ]);
    const scratch = await run("train", "--out", at("run"), "--resume");
    expect(scratch.errors).toEqual([
      expect.stringMatching(/was fine-tuned from .*gpt2; go on with "punchline finetune/),
    ]);
    expect([other.status, scratch.status]).toEqual([2, 2]);
  });

  test("with a new limit goes on", async () => {
    const ran = await goOn("--steps", "4", "--json");
    expect(ran).toMatchObject({ status: 0 });
    expect(JSON.parse(ran.stdout)).toMatchObject({ steps: 4, stopped: "steps" });
  });
});

test("bert learns to fill masks, whole words or pieces, and says how it is used", async () => {
  const out = join(temporaryFolder(), "out");
  const words = ["--steps", "60", "--learning-rate", "1e-2", "--whole-words"];
  const ran = await run("finetune", at("bert"), "--data", at("jokes.txt"), "--out", out, ...quick, ...words);
  expect(ran.status).toBe(0);
  expect(ran.stdout).toMatch(/Fill with it: {3}punchline fill .* "Why did the \[MASK\] cross the road\?"/);
  expect(ran.stderr).toMatch(
    /texts in [\d,]+ rows of 16 tokens, \d+ % full, in which they do not see each other/,
  );
  const losses = readFileSync(join(out, "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).loss);
  expect(losses.at(-1)).toBeLessThan(losses[0] - 0.3);
  const filled = await run("fill", out, "why did the [MASK] cross", "--json");
  expect(JSON.parse(filled.stdout).masks[0]).toHaveLength(5);
  const asked = await run("eval", out, "--json");
  expect(JSON.parse(asked.stdout).likelihood).toBe("pseudo");
});

test("bert from scratch learns its vocabulary from the texts", async () => {
  const out = join(temporaryFolder(), "out");
  const sizes = ["--width", "16", "--layers", "1", "--steps", "4", "--near", "off", "--no-duplicates"];
  const ran = await run(
    "train",
    "--model",
    "bert",
    "--data",
    at("jokes.txt"),
    "--out",
    out,
    "--json",
    ...sizes,
  );
  expect(ran.status).toBe(0);
  expect(JSON.parse(ran.stdout).train_loss).toBeLessThan(Math.log(4096));
  const filled = await run("fill", out, "why did the [MASK] cross", "--json", "--top-k", "100");
  expect(JSON.parse(filled.stdout).masks[0].map(({ token }: { token: string }) => token)).toContain("why");
  expect(await run("train", "--out", out, "--resume", "--steps", "6", "--json")).toMatchObject({ status: 0 });
});
