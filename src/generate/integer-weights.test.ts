import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { float32, int32 } from "../core/array.ts";
import { builtInFolder } from "../hub/built-in.ts";
import { bert } from "../models/bert.ts";
import { gpt2 } from "../models/gpt2.ts";
import type { Backend } from "../runtime/backend.ts";
import { nodeBackend } from "../runtime/node.ts";
import { compileMasked } from "./fill.ts";
import { suitsIntegers } from "./integer-weights.ts";
import type { LanguageModel } from "./language-model.ts";
import { loadModel } from "./load.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-integers-"));
  await cp(builtInFolder("punchline-bert"), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

const LENGTH = 12;
const text = (start: number) => Array.from({ length: LENGTH }, (_, i) => (start + i * 37) % 8000);

/** Logits of the last token of each text. */
async function logits(lm: LanguageModel, texts: readonly number[][]): Promise<Float32Array> {
  const step = compileMasked(lm, "texts");
  const ids = int32([texts.length, LENGTH], texts.flat());
  const tokenTypes = int32(ids.shape);
  const at = int32(
    [texts.length],
    texts.map((_, row) => (row + 1) * LENGTH - 1),
  );
  const result = (await step(lm.weights, { ids, tokenTypes, at })).data as Float32Array;
  await step.release();
  return result;
}

const length = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));

/** One whose processor adds pairs of products in 16 bits. */
const saturating: Backend = {
  device: "cpu",
  async createSession() {
    return {
      run: async (_, fetches) => {
        const wrong = float32([64, 64], new Float32Array(64 * 64).fill(32 * 32767));
        return Object.fromEntries(Object.keys(fetches).map((name) => [name, wrong]));
      },
      release: async () => {},
    };
  },
};

it("computes BERT in whole numbers, nearly as in floats, and a text alike whatever it is read with", async () => {
  const rounded = await loadModel(folder, { quantize: "q8" });
  const exact = await loadModel(folder);
  const integers = await suitsIntegers(rounded.model, "q8", nodeBackend());
  // The table of words is the head's matrix too.
  for (const matrix of ["encoder.layer.0.intermediate.dense", "embeddings.word_embeddings"])
    expect(`bert.${matrix}.weight.weights` in rounded.weights).toBe(integers);
  const [alone, wanted] = [await logits(rounded, [text(5)]), await logits(exact, [text(5)])];
  expect(length(alone.map((v, i) => v - wanted[i]!))).toBeLessThan(0.03 * length(wanted));
  const both = await logits(rounded, [text(5), text(1234)]);
  for (const [i, value] of alone.entries()) expect(both[i]).toBeCloseTo(value, 4);
});

it("is for encoders in 8 bits, where the processor adds exactly", async () => {
  const encoder = bert.build(bert.configure({ config: "tiny" }, 100));
  const decoder = gpt2.build(gpt2.configure({ config: "tiny" }, 100));
  expect(await suitsIntegers(decoder, "q8", nodeBackend())).toBe(false);
  expect(await suitsIntegers(encoder, "q4", nodeBackend())).toBe(false);
  expect(await suitsIntegers(encoder, "q8", saturating)).toBe(false);
});
