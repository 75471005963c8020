/** `punchline models`, with a Hub's cache of its own. */
import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { builtInFolder, builtInModels } from "../src/hub/built-in.ts";
import { temporaryFolder } from "./cli.ts";
import { punchline, runHere } from "./cli-here.ts";
import { firstColumn, readPage } from "./markdown.ts";

/** Elements of all tensors, straight from the header of the file. */
function elementsIn(path: string): number {
  const bytes = readFileSync(path);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as Record<
    string,
    { shape: number[] }
  >;
  return Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

it("lists the built-in models, and of the cache what is whole", async () => {
  const home = temporaryFolder();
  const cached = (name: string, files: Record<string, string>) => {
    const folder = join(home, "hub", `models--${name.replace("/", "--")}`, "snapshots", "main");
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  };
  const files = { "model.safetensors": "", "vocab.txt": "[PAD]" };
  cached("owner/strange", { ...files, "config.json": '{"model_type":"mamba"}' });
  cached("owner/part", { "config.json": '{"model_type":"gpt2"}' });
  const options = {
    env: { HF_HOME: home, HF_HUB_CACHE: join(home, "hub"), HF_ENDPOINT: "http://127.0.0.1:9" },
  };
  const { status, stdout, stderr } = await punchline(["models", "--json"], options);
  expect(status, stderr).toBe(0);
  const { models } = JSON.parse(stdout) as { models: Record<string, unknown>[] };
  expect(models.map(({ name }) => name)).toEqual([...builtInModels.map(({ name }) => name), "owner/strange"]);
  for (const [i, { name }] of builtInModels.entries()) {
    const path = builtInFolder(name);
    expect(models[i]).toMatchObject({
      path,
      built_in: true,
      parameters: elementsIn(join(path, "model.safetensors")),
      context: 256,
      kind: name === "punchline-bert" ? "masked" : "causal",
    });
    expect(statSync(join(path, "model.safetensors")).size).toBeLessThan(models[i]!.bytes as number);
  }
  expect(models[2]).toMatchObject({ built_in: false, kind: null, parameters: null });
  expect(
    [...firstColumn(readPage("docs/run-folder.md").section("Document of punchline models"))].sort(),
  ).toEqual(Object.keys(models[0]!).sort());
  const shown = await punchline(["models"], options);
  expect(shown.stdout).toMatch(/punchline-gpt2 +causal +[\d,]+ +256/);
  expect(shown.stdout).toContain("README.md");
  expect(
    shown.stdout
      .split("\n")
      .slice(0, 6)
      .every((line) => line.length <= 80),
  ).toBe(true);
});

it("says that a name means the built-in model where a folder has the same", async () => {
  const here = process.cwd();
  const folder = temporaryFolder();
  try {
    process.chdir(folder);
    const sampled = (name: string) =>
      runHere("sample", name, "--prompt", "The", "--max-length", "2", "-n", "1", "--seed", "1");
    const before = await sampled("punchline-gpt2");
    expect(before).toMatchObject({ status: 0, stderr: "" });
    cpSync(builtInFolder("punchline-bert"), join(folder, "punchline-gpt2"), { recursive: true });
    const note =
      "punchline-gpt2 is the built-in model; for the folder of that name here write ./punchline-gpt2.\n";
    expect(await sampled("punchline-gpt2")).toMatchObject({ stdout: before.stdout, stderr: note });
    expect((await sampled("./punchline-gpt2")).stderr).toMatch(/^error: .*BERT|bert/);
    const exported = await runHere("export", "punchline-gpt2", "--format", "hf", "--out", "out");
    expect(exported).toMatchObject({ status: 0, stderr: note });
    const run = await runHere("train", "--data", "x.txt", "--out", "punchline-gpt2");
    expect(run).toMatchObject({
      status: 2,
      errors: [
        "error: punchline-gpt2 is the name of a built-in model; write ./punchline-gpt2 for a folder of that name.",
      ],
    });
  } finally {
    process.chdir(here);
  }
});
