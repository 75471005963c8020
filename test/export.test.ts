/** `punchline export`: the Hugging Face folder, and what is refused whatever the format. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportModel } from "../src/export/export.ts";
import { loadModel } from "../src/generate/load.ts";
import { openSafetensors } from "../src/hub/safetensors-file.ts";
import { architectures } from "../src/models/registry.ts";
import { punchline, temporaryFolder } from "./cli.ts";
import { modelFolder } from "./export-fixture.ts";
import { pythonWithTorch } from "./torch/forward.ts";
import { expectParity, randomIds } from "./transformers.ts";

const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));

async function tensorsOf(folder: string) {
  const source = await openSafetensors(join(folder, "model.safetensors"));
  const tensors: Record<string, Float32Array> = {};
  for (const [name, { shape }] of source.tensors) {
    tensors[name] = new Float32Array(shape.reduce((a, b) => a * b, 1));
    await source.read(name, tensors[name]);
  }
  const { metadata } = source;
  await source.close();
  return { tensors, metadata };
}

describe("a Hugging Face folder", () => {
  it.each(architectures.map(({ type }) => type))("of %s loads again, number for number", async (type) => {
    const folder = await modelFolder(type);
    const out = join(temporaryFolder(), "deep", "out");
    const { files } = await exportModel(folder, { format: "hf", out });
    expect(readdirSync(out).sort()).toEqual(files);
    const [before, after] = [await tensorsOf(folder), await tensorsOf(out)];
    expect(after.tensors).toEqual(before.tensors);
    expect(after.metadata.format).toBe("pt");
    expect(readJson(join(out, "config.json"))).toMatchObject(readJson(join(folder, "config.json")));
    const [a, b] = [await loadModel(folder), await loadModel(out)];
    expect(b.tokenizer.encode("why a road")).toEqual(a.tokenizer.encode("why a road"));
    expect(readdirSync(dirname(out))).toEqual(["out"]);
  });

  it("says what transformers needs to know of a GPT-2", async () => {
    const out = join(temporaryFolder(), "out");
    const folder = await modelFolder("gpt2");
    const { files } = await exportModel(folder, { format: "hf", out });
    expect(files).toEqual([
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const end = (await loadModel(folder)).tokenizer.endOfText;
    expect(readJson(join(out, "config.json"))).toMatchObject({
      architectures: ["GPT2LMHeadModel"],
      model_type: "gpt2",
      eos_token_id: end,
      n_embd: 64,
      torch_dtype: "float32",
    });
    expect(readJson(join(out, "generation_config.json"))).toMatchObject({ eos_token_id: end });
  });

  it.skipIf(!pythonWithTorch)("computes the same in PyTorch (needs a Python with torch)", async () => {
    const out = join(temporaryFolder(), "out");
    await exportModel(await modelFolder("gpt2", {}, 1), { format: "hf", out });
    await expectParity(out, { ids: randomIds(200, 2, 9) });
  });
});

describe("what is refused", () => {
  it("a folder that is not empty, and it stays as it is; an empty one is filled", async () => {
    const folder = await modelFolder("char-rnn");
    const out = temporaryFolder();
    await exportModel(folder, { format: "hf", out });
    const names = readdirSync(out);
    await expect(exportModel(folder, { format: "hf", out })).rejects.toThrow(/not empty/);
    expect(readdirSync(out)).toEqual(names);
    await expect(exportModel(folder, { format: "hf", out: join(out, "config.json") })).rejects.toThrow(
      /is a file/,
    );
  });

  it("a run stopped before its first checkpoint", async () => {
    const folder = await modelFolder("char-rnn");
    rmSync(join(folder, "model.safetensors"));
    writeFileSync(join(folder, "run.json"), "{}");
    const out = join(temporaryFolder(), "out");
    await expect(exportModel(folder, { format: "hf", out })).rejects.toThrow(/without weights yet.*--resume/);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ["by its sums", (bytes: Buffer) => bytes, /is not as it was written/],
    // As another program writes it, without sums: the same length, so that the offsets hold.
    [
      "by its numbers",
      (bytes: Buffer) =>
        Buffer.from(bytes.toString("latin1").replace("punchline_crc32", "another_key_999"), "latin1"),
      /NaN/,
    ],
  ])("a damaged file of weights is known %s, and nothing is left behind", async (_, change, message) => {
    const folder = await modelFolder("char-rnn");
    const path = join(folder, "model.safetensors");
    const bytes = change(readFileSync(path));
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    writeFileSync(path, bytes);
    const parent = temporaryFolder();
    await expect(exportModel(folder, { format: "hf", out: join(parent, "out") })).rejects.toThrow(message);
    expect(readdirSync(parent)).toEqual([]);
  });
});

describe("the command", () => {
  it("prints its document", async () => {
    const folder = await modelFolder("char-lstm");
    const cwd = temporaryFolder();
    const { status, stdout } = await punchline(
      ["export", folder, "--format", "hf", "--out", "there", "--json"],
      { cwd },
    );
    expect(status).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toEqual({ out: "there", format: "hf", files: readdirSync(join(cwd, "there")).sort() });
  });

  it("wants a folder and a model", async () => {
    const folder = await modelFolder("char-rnn");
    const missing = await punchline(["export", folder]);
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining("--out") });
    const empty = temporaryFolder();
    mkdirSync(join(empty, "x"));
    const none = await punchline(["export", "./x", "--out", "y"], { cwd: empty });
    expect(none.status).toBe(1);
    expect(existsSync(join(empty, "y"))).toBe(false);
  });
});
