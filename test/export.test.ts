/** `punchline export`: the Hugging Face folder, and what is refused whatever the format. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportModel } from "../src/export/export.ts";
import { loadModel } from "../src/generate/load.ts";
import { openSafetensors, writeSafetensors } from "../src/hub/safetensors-file.ts";
import { architectures } from "../src/models/registry.ts";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";
import { pythonWithTorch } from "./torch/python.ts";
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

/** The definition of a binary float with `e` exponent bits and `m` fraction bits. */
function binaryFloat(bits: number, e: number, m: number): number {
  const sign = bits >> (e + m) ? -1 : 1;
  const exponent = (bits >> m) & (2 ** e - 1);
  const fraction = (bits & (2 ** m - 1)) / 2 ** m;
  const bias = 2 ** (e - 1) - 1;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** Puts numbers at the beginning of the token embedding of a GPT-2's folder, and returns the tensor's name. */
async function setFirst(folder: string, values: readonly number[]): Promise<string> {
  const path = join(folder, "model.safetensors");
  const { tensors } = await tensorsOf(folder);
  const name = "transformer.wte.weight";
  tensors[name]!.set(values);
  const shapes = new Map((await loadModel(folder)).model.parameters.map((p) => [p.name, p.shape]));
  await writeSafetensors(
    path,
    Object.entries(tensors).map(([n, data]) => ({
      name: n,
      dtype: "F32" as const,
      shape: shapes.get(n)!,
      data,
    })),
  );
  return name;
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

  it.each([
    ["f16", "F16", "float16", 5, 10],
    ["bf16", "BF16", "bfloat16", 8, 7],
  ] as const)("keeps the nearest %s of every number, ties to even", async (type, dtype, torch, e, m) => {
    const folder = await modelFolder("gpt2");
    const at = await setFirst(folder, [1 + 2 ** (-m - 1), 1 + 3 * 2 ** (-m - 1), 2 ** -25, -1.5 * 2 ** -24]);
    const out = join(temporaryFolder(), "out");
    await exportModel(folder, { format: "hf", types: [type], out });
    expect(readJson(join(out, "config.json")).torch_dtype).toBe(torch);
    const [wide, narrow] = [
      await openSafetensors(join(folder, "model.safetensors")),
      await openSafetensors(join(out, "model.safetensors")),
    ];
    expect([...narrow.tensors.keys()].sort()).toEqual([...wide.tensors.keys()].sort());
    for (const [name, { shape, dtype: is }] of narrow.tensors) {
      expect(is).toBe(dtype);
      const count = shape.reduce((a, b) => a * b, 1);
      const [values, bytes] = [new Float32Array(count), new Uint8Array(2 * count)];
      await wide.read(name, values);
      await narrow.read(name, bytes);
      const bits = new Uint16Array(bytes.buffer);
      bits.forEach((pattern, i) => {
        const value = values[i]!;
        const off = (p: number) => Math.abs(binaryFloat(p, e, m) - value);
        // The magnitude's neighbours; below zero is none.
        const others = [pattern + 1, ...(pattern & 0x7fff ? [pattern - 1] : [])].map(off);
        const best = Math.min(...others);
        if (off(pattern) > best || (off(pattern) === best && pattern % 2 === 1))
          expect.fail(`${name}[${i}]: ${value} became ${binaryFloat(pattern, e, m)}`);
      });
    }
    await Promise.all([wide.close(), narrow.close()]);
    expect(at).toBe("transformer.wte.weight");
    // Punchline reads the folder, and writes it out as it is once more.
    const again = join(temporaryFolder(), "again");
    await exportModel(out, { format: "hf", types: [type], out: again });
    expect(readFileSync(join(again, "model.safetensors"))).toEqual(
      readFileSync(join(out, "model.safetensors")),
    );
    expect((await loadModel(out)).model.parameters.length).toBe(wide.tensors.size);
  });

  it("names a number that is too large for 16 bits, and leaves nothing behind", async () => {
    const folder = await modelFolder("gpt2");
    const name = await setFirst(folder, [0, 65_520]);
    const parent = temporaryFolder();
    const half = exportModel(folder, { format: "hf", types: ["f16"], out: join(parent, "a") });
    await expect(half).rejects.toThrow(`Tensor "${name}" holds 65520 at element 1, too large for f16`);
    expect(readdirSync(parent)).toEqual([]);
    await exportModel(folder, { format: "hf", types: ["bf16"], out: join(parent, "b") });
    await setFirst(folder, [65_519]);
    const rounded = exportModel(folder, { format: "hf", types: ["f16"], out: join(parent, "c") });
    await expect(rounded).rejects.toThrow(/65520/);
  });

  it("takes one type, by either of its names", async () => {
    const folder = await modelFolder("char-rnn");
    const parent = temporaryFolder();
    for (const type of ["f16", "fp16", "f32", "fp32"] as const)
      await exportModel(folder, { format: "hf", types: [type], out: join(parent, type) });
    const weights = (type: string) => readFileSync(join(parent, type, "model.safetensors"));
    expect(weights("fp16")).toEqual(weights("f16"));
    expect(weights("fp32")).toEqual(weights("f32"));
    for (const [types, message] of [
      [["f16", "f32"], /takes one `types`/],
      [["q8"], /hf has no type q8; its types are f32, f16, bf16/],
    ] as const) {
      const attempt = exportModel(folder, { format: "hf", types, out: join(parent, "no") });
      await expect(attempt).rejects.toMatchObject({ kind: "usage", message: expect.stringMatching(message) });
    }
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
