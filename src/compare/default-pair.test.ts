/** Which two models are compared where none is named: published ones take the place of the built-in only as a pair. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { defaultPair } from "./default-pair.ts";

let cacheDir = "";
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "punchline-pair-"));
});
afterEach(() => rm(cacheDir, { recursive: true, force: true }));

/** A model's place in the cache as Python's libraries lay it out; `files` are what was downloaded of it. */
async function cache(name: string, files = ["config.json", "model.safetensors", "tokenizer.json"]) {
  const repo = join(cacheDir, `models--${name}`);
  const snapshot = join(repo, "snapshots", "a".repeat(40));
  await mkdir(snapshot, { recursive: true });
  await mkdir(join(repo, "refs"));
  await writeFile(join(repo, "refs", "main"), "a".repeat(40));
  for (const file of files) await writeFile(join(snapshot, file), "{}");
}

it("is the built-in pair where the cache has none, and says so", async () => {
  const { models, reason } = await defaultPair({ cacheDir });
  expect(models).toEqual(["punchline-gpt2", "punchline-bert"]);
  expect(reason).toContain("gpt2 and bert-base-uncased are not in the Hub's cache");
});

it("is the published pair where the cache has both", async () => {
  await cache("gpt2");
  await cache("bert-base-uncased");
  expect((await defaultPair({ cacheDir })).models).toEqual(["gpt2", "bert-base-uncased"]);
});

it.each([["gpt2"], ["bert-base-uncased"]])(
  "is the built-in pair where the cache has only %s",
  async (name) => {
    await cache(name);
    const { models, reason } = await defaultPair({ cacheDir });
    expect(models).toEqual(["punchline-gpt2", "punchline-bert"]);
    expect(reason).toContain(`${name === "gpt2" ? "bert-base-uncased" : "gpt2"} is not in the Hub's cache`);
  },
);

it("does not take a download that was cut", async () => {
  await cache("gpt2", ["config.json"]);
  await cache("bert-base-uncased");
  expect((await defaultPair({ cacheDir })).models).toEqual(["punchline-gpt2", "punchline-bert"]);
});
