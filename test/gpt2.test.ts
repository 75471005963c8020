/** GPT-2 against plain PyTorch, on real and random checkpoints; the trained one's loss on its own text. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError, UsageError } from "../src/core/errors.ts";
import { gpt2 } from "../src/models/gpt2.ts";
import { countParameters } from "../src/models/model.ts";
import { buildModel } from "../src/models/registry.ts";
import { withRandomFolder } from "./torch/forward.ts";
import { pythonWithTorch } from "./torch/python.ts";
import { expectParity, forward, loadFolder, randomIds, rows } from "./transformers.ts";

const assets = process.env.PUNCHLINE_ASSETS;
const full = process.env.PUNCHLINE_FULL_SIZE;
const tiny = (extra: Record<string, unknown> = {}) =>
  buildModel({ ...gpt2.configure({ layers: 2, width: 24, heads: 4, context: 12 }, 31), ...extra });

describe("gpt2", () => {
  it("has the published sizes", () => {
    const count = (config: string) => countParameters(gpt2.build(gpt2.configure({ config }, 50257)));
    expect(count("gpt2")).toBe(124_439_808);
  });

  it("refuses configurations that it would compute wrongly", () => {
    const config = gpt2.configure({ config: "tiny" }, 10);
    expect(() => gpt2.build({ ...config, n_head: 3 })).toThrow(InputError);
    expect(() => gpt2.build({ ...config, activation_function: "mish" })).toThrow(/mish/);
    expect(() => gpt2.build({ ...config, scale_attn_by_inverse_layer_idx: true })).toThrow(/inverse_layer/);
    expect(() => gpt2.configure({ config: "huge" }, 10)).toThrow(UsageError);
  });

  it("refuses a text longer than its context", async () => {
    const model = tiny();
    const weights = Object.fromEntries(
      model.parameters.map(({ name, shape }) => [
        name,
        { dtype: "float32" as const, shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
      ]),
    );
    await expect(forward(model, weights, { ids: rows([new Array(13).fill(1)]) })).rejects.toThrow(
      /12 tokens/,
    );
  });
});

describe.skipIf(!pythonWithTorch)("gpt2 against PyTorch (needs a Python with torch)", () => {
  it("random weights, tied and untied, both activations", async () => {
    const ids = randomIds(31, 2, 9);
    await withRandomFolder(tiny(), (folder) => expectParity(folder, { ids }));
    await withRandomFolder(
      tiny({ tie_word_embeddings: false, activation_function: "gelu", n_inner: 40 }),
      (folder) => expectParity(folder, { ids }),
    );
  });

  it("rows padded at the left, with positions of their own", async () => {
    const mask = [new Array(9).fill(1), [0, 0, 0, 1, 1, 1, 1, 1, 1]];
    await withRandomFolder(tiny(), (folder) => expectParity(folder, { ids: randomIds(31, 2, 9), mask }));
  });

  it.skipIf(!full)(
    "full size, 124M random weights (set PUNCHLINE_FULL_SIZE)",
    async () => {
      const model = gpt2.build(gpt2.configure({ config: "gpt2" }, 50257));
      await withRandomFolder(model, (folder) => expectParity(folder, { ids: randomIds(50257, 2, 64) }));
    },
    300_000,
  );

  const folders = [
    ["slm-4096/hf", 54],
    ["gpt2-random-n16-hf", 50257],
    ["tiny-gpt2-hf-random/lm-buddy-tiny_gpt2", 21],
  ] as const;
  for (const [folder, vocabulary] of folders) {
    it.skipIf(!assets)(`${folder} (needs PUNCHLINE_ASSETS)`, () =>
      expectParity(join(assets!, folder), { ids: randomIds(vocabulary, 2, 100) }),
    );
  }
});

describe.skipIf(!assets)("slm-4096 (needs PUNCHLINE_ASSETS)", () => {
  it("knows its text by heart: 0.069 nats per character", async () => {
    const folder = join(assets!, "slm-4096/hf");
    const { model, weights } = await loadFolder(folder);
    const vocabulary = JSON.parse(readFileSync(join(folder, "char_vocab.json"), "utf8")) as Record<
      string,
      number
    >;
    const text = [...readFileSync(join(assets!, "slm-4096/corpus.txt"), "utf8")].map((c) => vocabulary[c]!);
    // Every window of 128; the model was trained on windows at any place, so all targets count alike.
    const windows = Array.from({ length: Math.floor((text.length - 1) / 128) }, (_, k) => k * 128);
    const { logits } = await forward(model, weights, {
      ids: rows(windows.map((at) => text.slice(at, at + 128))),
    });
    let nats = 0;
    windows.forEach((at, w) => {
      for (let t = 0; t < 128; t++) {
        const row = logits.data.subarray((w * 128 + t) * 54, (w * 128 + t + 1) * 54);
        const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
        nats += total - row[text[at + t + 1]!]!;
      }
    });
    expect(Math.abs(nats / (windows.length * 128) - 0.069)).toBeLessThan(0.001);
  });
});
