/**
 * Folders in the shapes of published models: config.json key by key as the Hub has it, with names and dtypes of
 * tensors, and tensors besides, as their authors saved them. Only the sizes are small.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sizeOf } from "../src/core/array.ts";
import { loadModel } from "../src/generate/load.ts";
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from "../src/hub/half.ts";
import type { SafetensorsDType } from "../src/hub/safetensors.ts";
import { writeSafetensors } from "../src/hub/safetensors-file.ts";
import { buildModel } from "../src/models/registry.ts";
import { temporaryFolder } from "./cli.ts";
import { headless, type Published, published } from "./published.ts";
import { writeRandomFolder } from "./torch/forward.ts";
import { pythonWithTorch } from "./torch/python.ts";
import { expectParity, loadFolder, randomIds } from "./transformers.ts";

const arrays = {
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  BOOL: Uint8Array,
  I64: BigInt64Array,
};

/** A folder as published, and one of the same numbers as Punchline names and writes them. */
async function foldersOf({ config, dtype = "F32", stored = (name) => [name], besides = [] }: Published) {
  const [ours, theirs] = [temporaryFolder(), temporaryFolder()];
  const model = buildModel(config);
  await writeRandomFolder(model, ours);
  const { weights } = await loadFolder(ours);
  const rounded = model.parameters.map(({ name, shape }) => {
    const data = new Float32Array(weights[name]!.data);
    if (dtype === "F32") return { name, shape, data, bits: data };
    const bits = new Uint16Array(data.length);
    (dtype === "F16" ? floatToHalf : floatToBfloat)(data, bits);
    (dtype === "F16" ? halfToFloat : bfloatToFloat)(bits, data);
    return { name, shape, data, bits };
  });
  await writeSafetensors(
    join(ours, "model.safetensors"),
    rounded.map(({ name, shape, data }) => ({ name, dtype: "F32", shape, data })),
  );
  const others = besides.map(
    ([name, kind, shape]: readonly [string, SafetensorsDType, readonly number[]]) => ({
      name,
      dtype: kind,
      shape,
      data: new arrays[kind as keyof typeof arrays](sizeOf(shape)),
    }),
  );
  const saved = rounded.flatMap(({ name, shape, bits }) =>
    stored(name).map((as) => ({ name: as, dtype, shape, data: bits })),
  );
  await writeSafetensors(join(theirs, "model.safetensors"), [...saved, ...others]);
  writeFileSync(join(theirs, "config.json"), JSON.stringify(config));
  return { ours, theirs };
}

describe.skipIf(!pythonWithTorch)("a folder as published (needs a Python with torch)", () => {
  it.each(Object.entries(published))("%s", async (_, as) => {
    const { ours, theirs } = await foldersOf(as);
    expect(as.config.vocab_size).toBe(96);
    await expectParity(theirs, { ids: randomIds(96, 2, 11) }, ours);
  });
});

it.each(Object.entries(headless))("without a head is refused in a sentence: %s", async (_, as) => {
  const { theirs } = await foldersOf(as);
  const [first, ...others] = await loadModel(theirs).then(
    () => [],
    ({ message }) => message.split(/(?<=[.!?]) (?=[A-Z])/),
  );
  expect(others).toEqual([]);
  expect(first).toMatch(/^The weights have no head that scores tokens \(missing: /);
  expect(first).toContain(`missing: ${as.missing}`);
});

it.each(["gpt2", "BERT, with gamma and beta", "RoBERTa", "openai-gpt"])(
  "%s with packed weights is refused by the key",
  (name) => {
    const config = { ...published[name]!.config, quantization_config: { quant_method: "bitsandbytes" } };
    expect(() => buildModel(config)).toThrow(
      /"quantization_config": .* is a variant that Punchline does not/,
    );
  },
);
