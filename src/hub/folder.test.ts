import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { characterTokenizer } from "../text/characters.ts";
import { isHuggingFaceTokenizer } from "../text/huggingface.ts";
import { openModelFolder } from "./folder.ts";
import { readTensors } from "./match-tensors.ts";
import { writeSafetensors } from "./safetensors-file.ts";
import { loadTokenizer } from "./tokenizer-files.ts";

const assets = process.env.PUNCHLINE_ASSETS;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "punchline-folder-"));
  await writeFile(join(dir, "config.json"), '{"model_type": "char-lstm", "hidden_size": 2}');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const write = (name: string, value: unknown) =>
  writeFile(join(dir, name), typeof value === "string" ? value : JSON.stringify(value));
const tensor = (name: string, ...values: number[]) =>
  ({ name, dtype: "F32", shape: [values.length], data: Float32Array.from(values) }) as const;
const index = (map: Record<string, unknown>) => write("model.safetensors.index.json", { weight_map: map });

describe("openModelFolder", () => {
  it("opens a run with its configuration, weights and vocabulary", async () => {
    await writeSafetensors(join(dir, "model.safetensors"), [tensor("head.bias", 1, 2)]);
    const vocabulary = characterTokenizer(["a", "b", "\n"]);
    for (const [name, content] of Object.entries(vocabulary.files())) await write(name, content);
    const model = await openModelFolder(dir);
    expect(model.config).toEqual({ model_type: "char-lstm", hidden_size: 2 });
    expect(model.generationConfig).toBeUndefined();
    expect(model.files).toContain("model.safetensors");
    const slot = { name: "head.bias", shape: [2], data: new Float32Array(2) };
    expect(await readTensors([slot], model.tensors)).toEqual([]);
    expect([...slot.data]).toEqual([1, 2]);
    const tokenizer = await model.tokenizer();
    expect(tokenizer).toMatchObject({ kind: "character", size: 3, endOfText: 2 });
    expect([...tokenizer.encode("ba\n")]).toEqual([1, 0, 2]);
    await model.close();
  });

  it("says what a folder lacks", async () => {
    await expect(openModelFolder(dir)).rejects.toThrow("has no weights: neither model.safetensors");
    await write("pytorch_model.bin", "pickle");
    await expect(openModelFolder(dir)).rejects.toThrow(/only as a pickle \(pytorch_model.bin\).*refs\/pr\/1/);
    await expect(loadTokenizer(dir)).rejects.toMatchObject({ code: "no-tokenizer" });
    await write("config.json", "{not json");
    await expect(openModelFolder(dir)).rejects.toThrow(/config\.json: it is not valid JSON/);
    await write("config.json", "[]");
    await expect(openModelFolder(dir)).rejects.toThrow("a JSON object was expected");
    await rm(join(dir, "config.json"));
    await expect(openModelFolder(dir)).rejects.toThrow("it has no config.json");
    await expect(openModelFolder(join(dir, "pytorch_model.bin"))).rejects.toThrow("is a file");
    await expect(openModelFolder(join(dir, "none"))).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("shards", () => {
  beforeEach(async () => {
    await writeSafetensors(join(dir, "one.safetensors"), [tensor("a", 1), tensor("extra", 9)]);
    await writeSafetensors(join(dir, "two.safetensors"), [tensor("b", 2, 3)]);
  });

  it("are read as one model", async () => {
    await index({ a: "one.safetensors", b: "two.safetensors" });
    const { tensors } = await openModelFolder(dir);
    expect([...tensors.tensors.keys()]).toEqual(["a", "b"]);
    const b = new Float32Array(2);
    await tensors.read("b", b);
    expect([...b]).toEqual([2, 3]);
    await expect(tensors.read("extra", b)).rejects.toMatchObject({ code: "tensor-missing" });
    await tensors.close();
  });

  it.each([
    ["../outside.safetensors"],
    ["/etc/outside.safetensors"],
    ["sub/../../outside.safetensors"],
    ["..\\outside.safetensors"],
    ["./one.safetensors"],
    [""],
  ])("are refused where the index names %j", async (name) => {
    await index({ a: name });
    await expect(openModelFolder(dir)).rejects.toMatchObject({ code: "path-outside" });
  });

  it("are refused where a link leads out, but not within the Hub's cache", async () => {
    const repo = join(dir, "models--x");
    const snapshot = join(repo, "snapshots", "c0ffee");
    await mkdir(snapshot, { recursive: true });
    await mkdir(join(repo, "blobs"));
    await writeSafetensors(join(repo, "blobs", "hash"), [tensor("a", 1)]);
    await symlink("../../blobs/hash", join(snapshot, "model-1.safetensors"));
    await writeFile(join(snapshot, "config.json"), "{}");
    const weights = { weight_map: { a: "model-1.safetensors" } };
    await writeFile(join(snapshot, "model.safetensors.index.json"), JSON.stringify(weights));
    const { tensors } = await openModelFolder(snapshot);
    expect(tensors.tensors.has("a")).toBe(true);
    await tensors.close();

    await rm(join(snapshot, "model-1.safetensors"));
    await symlink(join(dir, "one.safetensors"), join(snapshot, "model-1.safetensors"));
    await expect(openModelFolder(snapshot)).rejects.toMatchObject({ code: "path-outside" });
  });

  it("are refused where the index is no index, or does not agree with its files", async () => {
    await index({ a: "two.safetensors" });
    await expect(openModelFolder(dir)).rejects.toThrow(
      'it says that tensor "a" is in two.safetensors, which lacks it',
    );
    await index({ a: "three.safetensors" });
    await expect(openModelFolder(dir)).rejects.toMatchObject({ code: "not-found" });
    await index({ a: 3 });
    await expect(openModelFolder(dir)).rejects.toMatchObject({ code: "safetensors-index" });
    await index({ a: "config.json" });
    await expect(openModelFolder(dir)).rejects.toThrow("not a .safetensors file");
    await index({});
    await expect(openModelFolder(dir)).rejects.toThrow("no weight_map");
  });
});

describe.skipIf(!assets)("published folders (skipped without PUNCHLINE_ASSETS)", () => {
  it.each([
    ["gpt2-random-n16-hf", 50257, 16],
    [join("tiny-gpt2-hf-random", "lm-buddy-tiny_gpt2"), 21, 2],
  ])("%s fits GPT-2's names, with and without their prefix", async (name, vocabulary, width) => {
    const model = await openModelFolder(join(assets!, name));
    expect(model.config).toMatchObject({ model_type: "gpt2", vocab_size: vocabulary, n_embd: width });
    const slot = (of: string, ...shape: number[]) => ({
      name: `transformer.${of}`,
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b)),
    });
    const positions = (model.config.n_positions ?? 0) as number;
    const slots = [
      slot("wte.weight", vocabulary, width),
      slot("wpe.weight", positions, width),
      slot("h.0.ln_1.weight", width),
      slot("h.0.ln_1.bias", width),
      slot("h.0.attn.c_attn.weight", width, 3 * width),
      slot("h.0.attn.c_attn.bias", 3 * width),
      slot("h.0.attn.c_proj.weight", width, width),
      slot("h.0.attn.c_proj.bias", width),
      slot("h.0.ln_2.weight", width),
      slot("h.0.ln_2.bias", width),
      slot("h.0.mlp.c_fc.weight", width, 4 * width),
      slot("h.0.mlp.c_fc.bias", 4 * width),
      slot("h.0.mlp.c_proj.weight", 4 * width, width),
      slot("h.0.mlp.c_proj.bias", width),
      slot("ln_f.weight", width),
      slot("ln_f.bias", width),
    ];
    expect(await readTensors(slots, model.tensors, { prefixes: ["transformer."] })).toEqual([]);
    expect(slots.filter((s) => s.name.includes("weight") && s.data.every((x) => x === 0))).toEqual([]);
    const tokenizer = await model.tokenizer();
    expect(tokenizer).toMatchObject({ kind: "bpe", size: vocabulary, endOfText: vocabulary - 1 });
    expect(tokenizer.decode(tokenizer.encode("lower newest wider".slice(0, 5)))).toBe("lower");
    await model.close();
  });

  it("the tokenizer of vocab.json and merges.txt spells as its few merges say", async () => {
    const tokenizer = await loadTokenizer(join(assets!, "tiny-gpt2-hf-random", "lm-buddy-tiny_gpt2"));
    expect([...tokenizer.encode("lower low")].map((id) => tokenizer.token(id))).toEqual([
      "l",
      "o",
      "w",
      "er",
      "Ġlow",
    ]);
    expect(() => tokenizer.encode("Low")).toThrow('The character "L" cannot be spelled');
  });

  it("BERT's tokenizer wraps", async () => {
    const tokenizer = await loadTokenizer(join(assets!, "bert-tokenizer"));
    if (!isHuggingFaceTokenizer(tokenizer)) throw new Error("a WordPiece tokenizer was expected");
    expect([...tokenizer.wrap(tokenizer.encode("hello")).ids]).toEqual([101, 7592, 102]);
  });
});
