import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { findAdapterBase } from "./adapter-base.ts";
import { builtInFolder, builtInModels, checkIntact, hidesFolder, meansBuiltIn } from "./built-in.ts";
import { openModelFolder } from "./folder.ts";
import { cachedModel, pullModel, resolveModel } from "./pull.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = process.cwd();
afterEach(() => process.chdir(here));

const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 11713824\n";

/** The bytes with one bit the other way round. */
function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at]! ^= 1;
  return changed;
}

/** A vocabulary of as many tokens, two of which have each other's id. */
function exchanged(bytes: Buffer): Buffer {
  const json = JSON.parse(bytes.toString()) as { model: { vocab: Record<string, number> } };
  const { vocab } = json.model;
  const [a, b] = Object.keys(vocab).slice(300, 302);
  [vocab[a!], vocab[b!]] = [vocab[b!]!, vocab[a!]!];
  return Buffer.from(JSON.stringify(json));
}

/** Nothing may ask the Hub: nobody listens there. */
const settings = { endpoint: "http://127.0.0.1:9", cacheDir: "/nowhere", retryDelayMs: 0 };

async function elsewhere(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-built-in-"));
  process.chdir(folder);
  return folder;
}

describe("a built-in model", () => {
  it.each(builtInModels)("$name is found from any folder, without the Hub", async ({ name }) => {
    await elsewhere();
    const folder = join(root, "models", name);
    expect(builtInFolder(name)).toBe(folder);
    expect(await resolveModel(name, { settings })).toBe(folder);
    expect(await cachedModel(name, settings)).toBe(folder);
    const opened = await openModelFolder(name);
    expect(opened.path).toBe(folder);
    await opened.close();
  });

  it("is found by a copy of the built file in an installed package, links and spaces in the way", async () => {
    const folder = await elsewhere();
    const home = join(folder, "a b%20c", "node_modules", "punchline");
    await mkdir(join(home, "dist"), { recursive: true });
    await writeFile(join(folder, "package.json"), '{"name":"other"}');
    await cp(join(root, "package.json"), join(home, "package.json"));
    for (const part of ["core", "files", "hub"])
      await cp(join(root, "src", part), join(home, "dist", part), { recursive: true });
    const copy = (await import(join(home, "dist", "hub", "built-in.ts"))) as {
      builtInFolder: typeof builtInFolder;
    };
    expect(copy.builtInFolder("punchline-bert")).toBe(join(home, "models", "punchline-bert"));
  });

  it("is what its name means wherever one is; ./NAME means the folder", async () => {
    const folder = await elsewhere();
    await mkdir(join(folder, "punchline-gpt2"));
    await writeFile(join(folder, "punchline-bert"), "notes");
    expect(await hidesFolder("punchline-gpt2")).toBe(false);
    await expect(resolveModel("./punchline-gpt2", { settings })).rejects.toMatchObject({
      code: "not-a-model",
    });
    await writeFile(join(folder, "punchline-gpt2", "config.json"), '{"model_type":"gpt2"}');
    expect(await resolveModel("punchline-gpt2", { settings })).toBe(builtInFolder("punchline-gpt2"));
    expect(await resolveModel("punchline-bert", { settings })).toBe(builtInFolder("punchline-bert"));
    expect(await hidesFolder("punchline-gpt2")).toBe(true);
    expect(await hidesFolder("punchline-bert")).toBe(false);
    const own = await openModelFolder("punchline-gpt2");
    expect(own.path).toBe(builtInFolder("punchline-gpt2"));
    await own.close();
    expect(await resolveModel("./punchline-gpt2", { settings })).toBe("./punchline-gpt2");
    await expect(openModelFolder("./punchline-gpt2")).rejects.toMatchObject({
      details: { subject: "./punchline-gpt2" },
    });
    process.chdir(join(root, "models"));
    expect(await hidesFolder("punchline-gpt2")).toBe(false);
  });

  it("has no revisions", async () => {
    const refused = { kind: "usage", message: expect.stringContaining("has no revisions") };
    await expect(resolveModel("punchline-gpt2@main", { settings })).rejects.toMatchObject(refused);
    await expect(resolveModel("punchline-gpt2", { settings, revision: "v1" })).rejects.toMatchObject(refused);
    await expect(pullModel("punchline-bert@v1", { settings })).rejects.toMatchObject(refused);
  });

  it.each(["punchline-gtp2", "Punchline-GPT2", "punchline-gpt", "punchline_gpt2", "punchline-gtp2@main"])(
    "is advised for %s, and the Hub is not asked",
    async (name) => {
      for (const ask of [resolveModel, pullModel]) {
        await expect(ask(name, { settings })).rejects.toMatchObject({
          code: "not-a-model",
          message: expect.stringContaining('did you mean "punchline-gpt2"?'),
        });
      }
    },
  );

  it("is not advised for names on the Hub", () => {
    for (const name of ["gpt2", "distilgpt2", "bert-base-uncased", "owner/punchline-gpt2", "owner/name@main"])
      expect(meansBuiltIn(name)).toBeUndefined();
  });

  it("needs no pull", async () => {
    const pulled = await pullModel("punchline-gpt2", { settings });
    expect(pulled).toMatchObject({ path: builtInFolder("punchline-gpt2"), fetched: 0 });
    expect(pulled.files).toContain("model.safetensors");
    const sizes = await Promise.all(pulled.files.map((file) => readFile(join(pulled.path, file))));
    expect(pulled.bytes).toBe(sizes.reduce((sum, { length }) => sum + length, 0));
  });

  it.each([
    ["a file is missing", "model.safetensors", undefined],
    ["its tokenizer is missing", "tokenizer.json", undefined],
    ["its weights are cut", "model.safetensors", (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
    ["its weights are empty", "model.safetensors", () => Buffer.alloc(0)],
    ["one number of its weights is another", "model.safetensors", (bytes: Buffer) => flipped(bytes, 1 << 20)],
    ["its tokenizer is cut", "tokenizer.json", (bytes: Buffer) => bytes.subarray(0, 1000)],
    ["its tokenizer is another of the same size", "tokenizer.json", exchanged],
    ["its weights are a Git LFS pointer", "model.safetensors", () => Buffer.from(pointer)],
    ["its settings are a Git LFS pointer", "config.json", () => Buffer.from(pointer)],
    ["the list of sums is missing", "../SHA256SUMS", undefined],
    ["the list of sums is empty", "../SHA256SUMS", () => Buffer.alloc(0)],
  ])("says how to mend a copy of which %s", async (_, file, change) => {
    const copy = join(await elsewhere(), "copy");
    for (const part of ["SHA256SUMS", "punchline-gpt2"])
      await cp(join(root, "models", part), join(copy, part), { recursive: true });
    await expect(checkIntact("punchline-gpt2", copy)).resolves.toBeUndefined();
    const path = join(copy, "punchline-gpt2", file);
    if (change) await writeFile(path, change(await readFile(path)));
    else await rm(path);
    const state = change && !file.startsWith("..") ? "is not the file that came with it" : "is missing";
    await expect(checkIntact("punchline-gpt2", copy)).rejects.toMatchObject({
      code: "built-in-damaged",
      message: expect.stringMatching(
        new RegExp(
          `not whole: .*${basename(file)} ${state}.* Install Punchline again, or in a clone run "git checkout -- models"`,
        ),
      ),
    });
  });

  it("is the base of an adapter that names it", async () => {
    const folder = await elsewhere();
    await writeFile(
      join(folder, "adapter_config.json"),
      JSON.stringify({
        base_model_name_or_path: "punchline-gpt2",
        peft_type: "LORA",
        r: 4,
        lora_alpha: 8,
        target_modules: ["c_attn"],
        fan_in_fan_out: true,
      }),
    );
    expect((await findAdapterBase(folder)).folder).toBe(builtInFolder("punchline-gpt2"));
  });
});
