import { readFileSync, writeFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { asOwner } from "../../test/unprivileged.ts";
import { sizeOf } from "../core/array.ts";
import { Random } from "../core/random.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { openModelFolder } from "../hub/folder.ts";
import { writeSafetensors } from "../hub/safetensors-file.ts";
import { openWeights } from "../hub/stored-weights.ts";
import { gpt2 } from "../models/gpt2.ts";
import { nodeBackend } from "../runtime/node.ts";
import { createDecoder } from "./decoders/create.ts";
import type { LanguageModel, Weights } from "./language-model.ts";
import { openQuantized } from "./quantized-weights.ts";

const model = gpt2.build(gpt2.configure({ layers: 2, width: 64, heads: 4, context: 32 }, 50));
let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "punchline-quantized-"));
  await writeFileAtomic(join(path, "config.json"), JSON.stringify(model.config));
  await writeSafetensors(
    join(path, "model.safetensors"),
    model.parameters.map(({ name, shape, initialise }) => {
      const data = new Float32Array(sizeOf(shape));
      initialise(data, new Random(1, name));
      return { name, dtype: "F32" as const, shape, data };
    }),
  );
});
afterEach(() => rm(path, { recursive: true }));

async function open(quantization: "q8" | "q4" | undefined, integers = false): Promise<Weights> {
  const folder = await openModelFolder(path);
  const weights = quantization
    ? await openQuantized(folder, model, { quantization, integers }, gpt2.checkpointMapping)
    : await openWeights(model.parameters, folder.tensors, gpt2.checkpointMapping);
  await folder.close();
  return weights;
}

async function logits(weights: Weights): Promise<Float32Array> {
  const tokenizer = { endOfText: 0, size: 50 } as LanguageModel["tokenizer"];
  const lm = { model, weights, tokenizer, backend: nodeBackend(), stopAtEos: true, name: "random" };
  const decoder = createDecoder(lm);
  await decoder.append(Int32Array.from([1, 2, 3, 4, 5]));
  const result = Float32Array.from(await decoder.append(Int32Array.of(6)));
  await decoder.release();
  return result;
}

/** Length of the difference against that of the right answer. */
function relativeError(a: Float32Array, b: Float32Array): number {
  const length = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
  return length(a.map((v, i) => v - b[i]!)) / length(b);
}

it("decodes nearly as in floats, with 8 bits nearer than with 4", async () => {
  const exact = await logits(await open(undefined));
  const q8 = relativeError(await logits(await open("q8")), exact);
  const q4 = relativeError(await logits(await open("q4")), exact);
  expect(q8).toBeLessThan(0.02);
  expect(q4).toBeLessThan(0.25);
  expect(q8).toBeLessThan(q4);
});

it("packs again what was damaged since", async () => {
  const file = join(path, "punchline-q8.safetensors");
  const before = await logits(await open("q8"));
  const whole = readFileSync(file);
  const damaged = Buffer.from(whole);
  damaged[damaged.length - 1000]! ^= 4;
  writeFileSync(file, damaged);
  expect(await logits(await open("q8"))).toEqual(before);
  expect(readFileSync(file).equals(whole)).toBe(true);
});

it("packs once, and again when the model is another", async () => {
  const file = join(path, "punchline-q4.safetensors");
  await open("q4");
  const first = await stat(file);
  await open("q4");
  expect((await stat(file)).mtimeMs).toBe(first.mtimeMs);
  expect((await stat(file)).ino).toBe(first.ino);
  await utimes(join(path, "model.safetensors"), new Date(), new Date(Date.now() + 60_000));
  await open("q4");
  expect((await stat(file)).ino).not.toBe(first.ino);
});

it("packs again for another config.json beside the same weights", async () => {
  await open("q8");
  const another = async (change: object) => {
    const folder = await openModelFolder(path);
    const other = gpt2.build({ ...model.config, ...change });
    return openQuantized(folder, other, { quantization: "q8" }, gpt2.checkpointMapping).finally(folder.close);
  };
  const misfit = "The weights do not fit the model that config.json describes: ";
  await expect(another({ n_layer: 1 })).rejects.toThrow(`${misfit}unknown: `);
  await expect(another({ vocab_size: 51 })).rejects.toThrow(`${misfit}of another shape: `);
  expect(Object.keys(await another({ n_head: 2 }))).toContain("transformer.wte.weight.rows");
});

it("deletes what a killed process left of a packed file, and nothing that is being written", async () => {
  const partial = (mark: string) => `.punchline-q8.safetensors.${mark}.partial`;
  for (const mark of ["left", "now"]) await writeFile(join(path, partial(mark)), "half");
  await utimes(join(path, partial("left")), new Date(), new Date(Date.now() - 2 * 3_600_000));
  await open("q8");
  const names = await readdir(path);
  expect(names).toContain(partial("now"));
  expect(names).not.toContain(partial("left"));
});

it("leaves weights of another layout where an open model reads them", async () => {
  const wanted = await logits(await open("q8", true));
  const opened = await open("q8", true);
  await open("q8");
  expect(await logits(opened)).toEqual(wanted);
});

it("packs into memory in a folder that cannot be written to", async () => {
  await chmod(path, 0o555);
  try {
    const weights = await asOwner(path, () => open("q8"));
    expect(weights["transformer.wte.weight.packed"]).toHaveProperty("data");
    expect(await readdir(path)).not.toContain("punchline-q8.safetensors");
  } finally {
    await chmod(path, 0o755);
  }
});
