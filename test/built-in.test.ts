/** The built-in models as other programs read them: PyTorch, llama.cpp and transformers.js, from the package's folders. */
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ExportFormat, type ExportType, exportModel } from "../src/export/export.ts";
import { createDecoder } from "../src/generate/decoders/create.ts";
import { fillMasks } from "../src/generate/fill.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { promptIds } from "../src/generate/sample.ts";
import { builtInFolder, builtInModels } from "../src/hub/built-in.ts";
import { temporaryFolder } from "./cli.ts";
import { llamaWrites, peerReason, peers, transformersOn } from "./peers.ts";
import { pythonWithTorch } from "./torch/python.ts";
import { expectParity } from "./transformers.ts";

/** Words, figures, signs and scripts that no book in English has. */
const texts = [
  "The fox jumped over the lazy dog, and the",
  'In 1851 he paid £3 7s. -- "too much," said I.',
  "naïve café, Straße, Привет, 漢字, 🦊",
  "  two  spaces\nand a line",
];
const prompt = texts[0]!;

async function exported(name: string, format: ExportFormat, type: ExportType): Promise<string> {
  const out = join(temporaryFolder(), "out");
  await exportModel(name, { format, types: [type], out });
  return out;
}

/** Expects of each token written after the ids that it is our likeliest one, or nearly: at most `near` nats below it. */
async function expectLikeliest(
  lm: LanguageModel,
  {
    ids,
    written,
    near,
  }: { readonly ids: ArrayLike<number>; readonly written: Iterable<number>; readonly near: number },
): Promise<void> {
  const decoder = createDecoder(lm);
  let logits = await decoder.append(Int32Array.from(ids));
  for (const token of written) {
    expect(Math.max(...logits) - logits[token]!).toBeLessThanOrEqual(near);
    logits = await decoder.append(Int32Array.of(token));
  }
  await decoder.release();
}

describe.each(builtInModels)("$name", ({ name }) => {
  it.skipIf(!pythonWithTorch)("computes the same in PyTorch (needs a Python with torch)", async () => {
    const { tokenizer } = await loadModel(name);
    const spelled = texts.map((text) => [...tokenizer.encode(text)]);
    const shortest = Math.min(...spelled.map(({ length }) => length));
    await expectParity(builtInFolder(name), { ids: spelled.map((ids) => ids.slice(0, shortest)) });
  });
});

describe.skipIf(!peers.llama)(`llama.cpp ${peerReason("node-llama-cpp")}`, () => {
  it.each([
    // How far a token of theirs may be from our likeliest, in nats: what 16 and 8 bits round away.
    ["f32", 1e-3],
    ["f16", 0.05],
    ["q8_0", 0.5],
  ] as const)("spells as punchline-gpt2 does, and writes from %s the likeliest token", async (type, near) => {
    const path = join(await exported("punchline-gpt2", "gguf", type), `model-${type}.gguf`);
    const lm = await loadModel("punchline-gpt2");
    for (const text of texts) {
      const { ids, written } = await llamaWrites(path, text, text === prompt ? 24 : 1);
      expect(ids).toEqual([...lm.tokenizer.encode(text)]);
      await expectLikeliest(lm, { ids, written, near });
    }
  });
});

describe.skipIf(!peers.transformers)(`transformers.js ${peerReason("@huggingface/transformers")}`, () => {
  const quantized = { fp32: {}, q8: { quantize: "q8" } } as const;
  const types = [["fp32"], ["q8"]] as const;

  it.each([
    ["fp32", 1e-3],
    ["q8", 0.2],
  ] as const)("spells as punchline-gpt2 does, and writes in %s the likeliest token", async (dtype, near) => {
    const out = await exported("punchline-gpt2", "onnx", dtype);
    const lm = await loadModel("punchline-gpt2", quantized[dtype]);
    const { pipeline } = await transformersOn(out);
    const generate = await pipeline("text-generation", basename(out), { dtype, device: "cpu" });
    const [theirs] = await generate(prompt, { max_new_tokens: 16, do_sample: false });
    for (const text of texts) expect(generate.tokenizer.encode(text)).toEqual([...promptIds(lm, text)]);
    await generate.dispose();
    const ids = promptIds(lm, prompt);
    const written = promptIds(lm, theirs.generated_text).slice(ids.length);
    expect(written).toHaveLength(16);
    await expectLikeliest(lm, { ids, written, near });
  });

  it.each(types)("fills with punchline-bert in %s the same words", async (dtype) => {
    const out = await exported("punchline-bert", "onnx", dtype);
    const lm = await loadModel("punchline-bert", quantized[dtype]);
    const { pipeline } = await transformersOn(out);
    const fill = await pipeline("fill-mask", basename(out), { dtype, device: "cpu" });
    for (const text of ["The fox jumped over the [MASK], and ran.", "Une naïve [MASK] -- 🦊"]) {
      const ours = (await fillMasks(lm, text, { topK: 12 })).masks[0]!;
      const theirs = await fill(text, { top_k: 4 });
      if (dtype === "fp32")
        expect(theirs.map(({ token }) => token)).toEqual(ours.slice(0, 4).map(({ id }) => id));
      // In 8 bits we compute in whole numbers and the export in blocks: words that are as likely may change places.
      for (const { token, score } of theirs) {
        const { probability } = ours.find(({ id }) => id === token)!;
        expect(Math.abs(score - probability)).toBeLessThan(dtype === "fp32" ? 5e-5 : 0.25 * probability);
      }
    }
    await fill.dispose();
  });
});
