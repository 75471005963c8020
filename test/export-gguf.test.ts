/** GGUF files as their readers see them: Hugging Face's parser, and llama.cpp itself where it is installed. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gguf } from "@huggingface/gguf";
import { describe, expect, it } from "vitest";
import { exportModel } from "../src/export/export.ts";
import { type GgufType, ggufFormats } from "../src/export/quantise.ts";
import { createDecoder } from "../src/generate/decoders/create.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { builtInFolder } from "../src/hub/built-in.ts";
import { halfToFloat } from "../src/hub/half.ts";
import { characterTokenizerOf } from "../src/text/characters.ts";
import { temporaryFolder } from "./cli.ts";
import { modelFolder } from "./export-fixture.ts";
import { llamaWrites, peerReason, peers } from "./peers.ts";
import { loadFolder } from "./transformers.ts";

async function exported(folder: string, type: GgufType): Promise<string> {
  const out = join(temporaryFolder(), "out");
  const { files } = await exportModel(folder, { format: "gguf", types: [type], out });
  expect(files).toEqual([`model-${type}.gguf`]);
  return join(out, files[0]!);
}

/** Two bytes as binary16. */
function half(bytes: Uint8Array, at: number): number {
  const value = new Float32Array(1);
  halfToFloat(Uint16Array.of(bytes[at]! | (bytes[at + 1]! << 8)), value);
  return value[0]!;
}

/** Numbers as ggml's documentation has them read. Blocks of 32 with a scale each. */
const decoders: Readonly<Record<number, (bytes: Uint8Array, count: number) => number[]>> = {
  0: (bytes, count) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  },
  1: (bytes, count) => Array.from({ length: count }, (_, i) => half(bytes, 2 * i)),
  2: (bytes, count) =>
    Array.from({ length: count }, (_, i) => {
      const [start, k] = [Math.floor(i / 32) * 18, i % 32];
      const byte = bytes[start + 2 + (k % 16)]!;
      return half(bytes, start) * ((k < 16 ? byte & 15 : byte >> 4) - 8);
    }),
  8: (bytes, count) =>
    Array.from({ length: count }, (_, i) => {
      const start = Math.floor(i / 32) * 34;
      return half(bytes, start) * ((bytes[start + 2 + (i % 32)]! << 24) >> 24);
    }),
};

describe("a GGUF file of a GPT-2", () => {
  it("has the model's name, in the Hub's cache and of a folder with a separator behind it too", async () => {
    const parent = temporaryFolder();
    const cached = join(parent, "models--owner--small", "snapshots", "0123456789abcdef");
    cpSync(await modelFolder("gpt2"), cached, { recursive: true });
    cpSync(cached, join(parent, "mine"), { recursive: true });
    const nameOf = async (folder: string) => {
      const { metadata } = await gguf(await exported(folder, "q8_0"), { allowLocalFile: true });
      return Object.fromEntries(Object.entries(metadata))["general.name"];
    };
    expect(await nameOf(cached)).toBe("small");
    expect(await nameOf(`${cached}/`)).toBe("small");
    expect(await nameOf(`${join(parent, "mine")}/`)).toBe("mine");
    expect(await nameOf(builtInFolder("punchline-gpt2"))).toBe("punchline-gpt2");
  });

  it("names and describes everything as llama.cpp expects it", async () => {
    const folder = await modelFolder("gpt2");
    const parsed = await gguf(await exported(folder, "q4_0"), { allowLocalFile: true });
    const { tensorInfos } = parsed;
    const metadata = Object.fromEntries(Object.entries(parsed.metadata));
    const { tokenizer } = await loadModel(folder);
    expect(metadata).toMatchObject({
      version: 3,
      "general.architecture": "gpt2",
      "general.file_type": 2,
      "gpt2.context_length": 64,
      "gpt2.embedding_length": 64,
      "gpt2.feed_forward_length": 256,
      "gpt2.block_count": 2,
      "gpt2.attention.head_count": 2,
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.pre": "gpt-2",
      "tokenizer.ggml.eos_token_id": tokenizer.endOfText,
      "tokenizer.ggml.bos_token_id": tokenizer.endOfText,
    });
    const tokens = metadata["tokenizer.ggml.tokens"] as string[];
    expect(tokens).toEqual(Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id)));
    expect((metadata["tokenizer.ggml.token_type"] as number[])[tokenizer.endOfText]).toBe(3);
    expect(metadata["tokenizer.ggml.merges"]).toHaveLength(tokenizer.size - 257);
    const parts = ["attn_norm", "attn_qkv", "attn_output", "ffn_norm", "ffn_up", "ffn_down"];
    const expected = [
      ...["token_embd.weight", "position_embd.weight", "output_norm.weight", "output_norm.bias"],
      ...[0, 1].flatMap((k) => parts.flatMap((part) => [`blk.${k}.${part}.weight`, `blk.${k}.${part}.bias`])),
    ];
    expect(tensorInfos.map(({ name }) => name).sort()).toEqual(expected.sort());
  });

  it.each([
    ["f32", 0],
    ["f16", 2 ** -11],
    // Half a step, and what the scale loses as binary16.
    ["q8_0", 0.57 / 127],
    // One step is an eighth of the block's largest; the end of the range that has no room is off by a whole one.
    ["q4_0", 1.01 / 8],
  ] as const)("keeps every number as %s allows", async (type, tolerance) => {
    const folder = await modelFolder("gpt2");
    const path = await exported(folder, type);
    const { tensorInfos, tensorDataOffset } = await gguf(path, { allowLocalFile: true });
    const { weights } = await loadFolder(folder);
    const bytes = readFileSync(path);
    const ofName: Record<string, string> = {
      "token_embd.weight": "transformer.wte.weight",
      "position_embd.weight": "transformer.wpe.weight",
      "output_norm.bias": "transformer.ln_f.bias",
      "blk.1.attn_qkv.weight": "transformer.h.1.attn.c_attn.weight",
      "blk.0.attn_output.weight": "transformer.h.0.attn.c_proj.weight",
      "blk.1.ffn_up.weight": "transformer.h.1.mlp.c_fc.weight",
      "blk.0.ffn_down.weight": "transformer.h.0.mlp.c_proj.weight",
      "blk.0.ffn_down.bias": "transformer.h.0.mlp.c_proj.bias",
      "blk.1.attn_norm.weight": "transformer.h.1.ln_1.weight",
    };
    for (const [name, ours] of Object.entries(ofName)) {
      const info = tensorInfos.find((t) => t.name === name)!;
      const [columns, rows = 1] = info.shape.map(Number) as [number, number?];
      const { data, shape } = weights[ours]!;
      const transposed = name.startsWith("blk.") && shape.length === 2;
      expect([rows, columns]).toEqual(
        shape.length === 1 ? [1, shape[0]] : transposed ? shape.toReversed() : shape,
      );
      const start = Number(tensorDataOffset + info.offset);
      expect(start % 32).toBe(0);
      const values = decoders[info.dtype]!(bytes.subarray(start), columns * rows);
      // The tolerance is relative to the largest of the 32 numbers about it.
      const original = values.map((_, i) =>
        transposed ? data[(i % columns) * rows + Math.floor(i / columns)]! : data[i]!,
      );
      values.forEach((value, i) => {
        const block = original.slice(i - (i % 32), i - (i % 32) + 32);
        const largest = Math.max(...block.map(Math.abs));
        if (Math.abs(value - original[i]!) > tolerance * largest + 1e-7)
          expect.fail(`${name}[${i}] is ${value}, not ${original[i]}`);
      });
    }
  });

  it("rounds blocks as ggml does", () => {
    const block = Float32Array.from({ length: 32 }, (_, i) => i - 16);
    // The scale is -16 / -8 = 2: 0xc000 is -2, 0x4000 is 2; -16 is 0, and 15 would be 15.5 + 0.5, cut at 15.
    const q4 = ggufFormats.q4_0.encode(block);
    expect([q4[0], q4[1]]).toEqual([0x00, 0x40]);
    expect(q4[2]! & 15).toBe(0);
    expect(q4[17]! >> 4).toBe(15);
    expect(q4[2]! >> 4).toBe(8);
    // The scale is 16 / 127; -16 is -127, 8 is 63.5, away from zero.
    const q8 = ggufFormats.q8_0.encode(block);
    expect((q8[2]! << 24) >> 24).toBe(-127);
    expect(q8[2 + 24]).toBe(64);
    expect(ggufFormats.q8_0.encode(new Float32Array(32))).toEqual(new Uint8Array(34));
  });

  it("keeps rows that are no multiple of a block as f16, and an untied head", async () => {
    const { tensorInfos } = await gguf(await exported(await modelFolder("gpt2", { width: 24 }), "q8_0"), {
      allowLocalFile: true,
    });
    const dtype = (name: string) => tensorInfos.find((t) => t.name === name)?.dtype;
    expect([dtype("blk.0.attn_qkv.weight"), dtype("blk.0.ffn_down.weight")]).toEqual([1, 8]);
    expect(dtype("output.weight")).toBeUndefined();
  });
});

describe("what GGUF refuses", () => {
  it.each([
    ["char-lstm", {}, /char-lstm.*gpt2, llama.*alone/],
    ["gpt2", { activation_function: "relu" }, /relu/],
    [
      "qwen2",
      { use_sliding_window: true, sliding_window: 4, max_window_layers: 1 },
      /sliding window.*ignore/,
    ],
  ] as const)("%s %o", async (type, change, message) => {
    const folder = await modelFolder(type, {}, 1, change);
    const out = join(temporaryFolder(), "out");
    await expect(exportModel(folder, { format: "gguf", out })).rejects.toThrow(message);
    await expect(exportModel(folder, { format: "hf", types: ["q8_0"], out })).rejects.toThrow(
      /hf has no type q8_0/,
    );
  });

  it("a GPT-2 of characters", async () => {
    const folder = await modelFolder("gpt2");
    for (const [name, content] of Object.entries(characterTokenizerOf(["why a hen"]).files()))
      writeFileSync(join(folder, name), JSON.stringify(content));
    const out = join(temporaryFolder(), "out");
    await expect(exportModel(folder, { format: "gguf", out })).rejects.toThrow(/a character vocabulary/);
  });
});

/** The likeliest token, again and again, as Punchline has them. */
async function greedy(lm: LanguageModel, prompt: Int32Array, count: number): Promise<number[]> {
  const decoder = createDecoder(lm);
  const tokens: number[] = [];
  let logits = await decoder.append(prompt);
  while (tokens.length < count) {
    const best = logits.indexOf(Math.max(...logits));
    tokens.push(best);
    logits = await decoder.append(Int32Array.of(best));
  }
  await decoder.release();
  return tokens;
}

const grouped = { heads: 4, kvHeads: 2 };
const bands = {
  rope_scaling: {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 32,
  },
};

describe.skipIf(!peers.llama)(`llama.cpp ${peerReason("node-llama-cpp")}`, () => {
  it.each([
    ["gpt2", "f32", 24, {}, { tie_word_embeddings: true }],
    ["gpt2", "f32", 24, {}, { tie_word_embeddings: false }],
    ["gpt2", "f16", 24, {}, {}],
    // A model of random weights is sure of nothing, so what rounding changes soon shows.
    ["gpt2", "q8_0", 12, {}, {}],
    ["gpt2", "q4_0", 2, {}, {}],
    ["llama", "f32", 24, grouped, {}],
    ["llama", "f32", 24, grouped, { tie_word_embeddings: false, attention_bias: true, mlp_bias: true }],
    ["llama", "f32", 24, grouped, bands],
    ["llama", "f32", 24, grouped, { rope_scaling: { type: "linear", factor: 2 }, head_dim: 32 }],
    ["llama", "f16", 12, grouped, {}],
    ["llama", "q8_0", 4, grouped, {}],
    ["qwen2", "f32", 24, grouped, {}],
    ["qwen3", "f32", 24, grouped, { head_dim: 32 }],
    ["gpt_neox", "f32", 24, {}, { hidden_act: "gelu_fast" }],
    ["gpt_neox", "f32", 24, {}, { hidden_act: "gelu_fast", use_parallel_residual: false, rotary_pct: 1 }],
    ["gpt_neox", "f32", 24, {}, { hidden_act: "gelu_fast", tie_word_embeddings: true }],
  ] as const)("reads a %s in %s and writes the same %i tokens: %o %o", async (...of) => {
    const [architecture, type, count, options, change] = of;
    const folder = await modelFolder(architecture, options, 8, change);
    const path = await exported(folder, type);
    const lm = await loadModel(folder);
    const prompt = "why did the hen";
    const { ids, written } = await llamaWrites(path, prompt, count);
    expect(ids).toEqual([...lm.tokenizer.encode(prompt)]);
    expect(written).toEqual(await greedy(lm, Int32Array.from(ids), written.length));
  });
});
