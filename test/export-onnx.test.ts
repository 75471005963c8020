/** ONNX files as others run them: ONNX Runtime itself, and transformers.js where it is installed. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { type ExportType, exportModel } from "../src/export/export.ts";
import { createDecoder } from "../src/generate/decoders/create.ts";
import { createFiller, fillMasks } from "../src/generate/fill.ts";
import { loadModel } from "../src/generate/load.ts";
import { promptIds, sample } from "../src/generate/sample.ts";
import { temporaryFolder } from "./cli.ts";
import { modelFolder } from "./export-fixture.ts";
import { peerReason, peers, transformersOn } from "./peers.ts";
import { randomIds, worst } from "./transformers.ts";

async function exported(
  folder: string,
  types: readonly ExportType[] = [],
): Promise<{ out: string; files: readonly string[] }> {
  const out = join(temporaryFolder(), "out");
  return exportModel(folder, { format: "onnx", out, types });
}

interface StepFile {
  readonly ids: { readonly input: string; readonly shape: readonly number[] };
  readonly logits: { readonly output: string; readonly shape: readonly number[] };
  readonly state: readonly { input: string; output: string; dtype: string; shape: number[] }[];
  readonly begin: number;
}

/** Layers that see four tokens. */
const slides = { use_sliding_window: true, sliding_window: 4 };

const stateful = ["char-rnn", "char-gru", "char-lstm", "char-cnn", "word-rnn", "word-lstm"];

describe("one step of a model with a state", () => {
  it.each(stateful)("%s: ONNX Runtime alone computes what Punchline does", async (type) => {
    const folder = await modelFolder(type, {}, 2);
    const { out, files } = await exported(folder);
    expect(files).toEqual(expect.arrayContaining(["model.onnx", "onnx.json", "tokenizer.json"]));
    const described = JSON.parse(readFileSync(join(out, "onnx.json"), "utf8")) as StepFile;
    const session = await InferenceSession.create(join(out, "model.onnx"));
    expect([...session.inputNames].sort()).toEqual(
      [described.ids.input, ...described.state.map(({ input }) => input)].sort(),
    );
    const lm = await loadModel(folder);
    const decoder = createDecoder(lm);
    const tokens = [described.begin, ...lm.tokenizer.encode("why did the hen cross")].slice(0, 16);
    let state: Record<string, Tensor> = Object.fromEntries(
      described.state.map(({ input, shape }) => [
        input,
        new Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
      ]),
    );
    for (const token of tokens) {
      const ids = new Tensor("int32", Int32Array.of(token), described.ids.shape);
      const result = await session.run({ ...state, ids });
      const logits = result[described.logits.output]!;
      expect(logits.dims).toEqual(described.logits.shape);
      expect(worst(logits.data as Float32Array, await decoder.append(Int32Array.of(token)))).toBeLessThan(
        1e-4,
      );
      state = Object.fromEntries(
        described.state.map(({ input, output }) => [input, result[output] as Tensor]),
      );
    }
    await decoder.release();
    await session.release();
  });

  it("of a model without a state is a whole window, filled up with the end of a text", async () => {
    const folder = await modelFolder("char-bilstm", {}, 2);
    const { out } = await exported(folder);
    const described = JSON.parse(readFileSync(join(out, "onnx.json"), "utf8")) as StepFile;
    expect(described).toMatchObject({ ids: { shape: [1, 12] }, state: [] });
    const session = await InferenceSession.create(join(out, "model.onnx"));
    const lm = await loadModel(folder);
    const decoder = createDecoder(lm);
    const tokens = lm.tokenizer.encode("why did");
    const window = new Int32Array(12).fill(described.begin);
    window.set(tokens, 12 - tokens.length);
    const { logits } = await session.run({ ids: new Tensor("int32", window, [1, 12]) });
    expect(worst(logits!.data as Float32Array, await decoder.append(tokens))).toBeLessThan(1e-4);
    await decoder.release();
    await session.release();
  });

  it.each([
    // A step of 2^-11 and a few of 1 / 127 and 1 / 8, of logits that reach to 4, through two layers.
    ["fp16", "model_fp16.onnx", 0.02],
    ["q8", "model_quantized.onnx", 0.15],
    ["q4", "model_q4.onnx", 1.5],
  ] as const)("in %s says nearly the same from its file %s", async (type, file, tolerance) => {
    const folder = await modelFolder("char-lstm", { width: 64, embedding: 32 }, 2);
    const { out, files } = await exported(folder, ["fp32", type]);
    expect(files).toEqual(expect.arrayContaining(["model.onnx", file]));
    const logitsOf = async (name: string) => {
      const session = await InferenceSession.create(join(out, name));
      const described = JSON.parse(readFileSync(join(out, "onnx.json"), "utf8")) as StepFile;
      const state = described.state.map(({ input, shape }) => [
        input,
        new Tensor(
          "float32",
          Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
          shape,
        ),
      ]);
      const result = await session.run({
        ...Object.fromEntries(state),
        ids: new Tensor("int32", Int32Array.of(3), [1, 1]),
      });
      await session.release();
      return result.logits!.data as Float32Array;
    };
    const [whole, small] = [await logitsOf("model.onnx"), await logitsOf(file)];
    const difference = worst(whole, small);
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(tolerance);
  });
});

describe("a decoder with its cache as inputs and outputs", () => {
  it.each([
    ["gpt2", {}],
    ["gpt2", { tie_word_embeddings: false, activation_function: "relu" }],
    ["gpt2", { activation_function: "gelu" }],
    ["char-transformer", {}],
    ["char-transformer", { position_embedding_type: "absolute" }],
    ["llama", { num_key_value_heads: 1, tie_word_embeddings: false }],
    ["qwen2", {}],
    ["qwen2", { ...slides, max_window_layers: 1 }],
    ["qwen3", { head_dim: 16 }],
    ["qwen3", { ...slides, max_window_layers: 0 }],
    ["gpt_neox", {}],
    ["openai-gpt", {}],
  ] as const)(
    "%s %o reads a text in pieces, beside a padded one, as Punchline does",
    async (type, change) => {
      const folder = await modelFolder(type, {}, 4, change);
      const { out, files } = await exported(folder);
      expect(files).toContain("onnx/model.onnx");
      const session = await InferenceSession.create(join(out, "onnx", "model.onnx"));
      const lm = await loadModel(folder);
      const size = lm.model.config.vocab_size;
      const [, heads, , headSize] = lm.model.state(2).key0!.shape as [number, number, string, number];
      const long = randomIds(size, 1, 9)[0]!;
      const short = long.slice(3, 8).reverse();
      // The short text is padded at the left, as transformers.js pads.
      const padding = long.length - short.length;
      const texts = [long, [...new Array<number>(padding).fill(0), ...short]];
      const mask = [long.map(() => 1), texts[1]!.map((_, t) => Number(t >= padding))];
      const positions = [long.map((_, t) => t), texts[1]!.map((_, t) => Math.max(0, t - padding))];
      const int64 = (values: number[][], from: number, to: number) =>
        new Tensor(
          "int64",
          BigInt64Array.from(
            values.flatMap((row) => row.slice(from, to)),
            BigInt,
          ),
          [2, to - from],
        );
      let cache: Record<string, Tensor> = Object.fromEntries(
        session.inputNames
          .filter((name) => name.startsWith("past"))
          .map((name) => [name, new Tensor("float32", new Float32Array(0), [2, heads, 0, headSize])]),
      );
      const last: Record<number, Float32Array> = {};
      let from = 0;
      for (const to of [6, 7, 9]) {
        const result = await session.run({
          input_ids: int64(texts, from, to),
          attention_mask: int64(mask, 0, to),
          position_ids: int64(positions, from, to),
          ...cache,
        });
        last[to] = result.logits!.data as Float32Array;
        expect(result.logits!.dims).toEqual([2, to - from, size]);
        cache = Object.fromEntries(
          Object.keys(cache).map((name) => [
            name,
            result[name.replace("past_key_values", "present")] as Tensor,
          ]),
        );
        from = to;
      }
      for (const [r, text] of [long, short].entries()) {
        const decoder = createDecoder(lm);
        const expected = await decoder.append(Int32Array.from(text));
        const row = last[9]!.subarray((2 * r + 1) * size, (2 * r + 2) * size);
        expect(worst(row, expected)).toBeLessThan(1e-3);
        await decoder.release();
      }
      await session.release();
    },
  );
});

describe("a masked model", () => {
  it.each(["bert", "distilbert", "roberta", "modernbert"])(
    "%s reads padded texts side by side as Punchline reads each alone",
    async (type) => {
      const folder = await modelFolder(type, {}, 4);
      const { out, files } = await exported(folder);
      expect(files).toEqual(["config.json", "onnx/model.onnx", "tokenizer.json", "tokenizer_config.json"]);
      const session = await InferenceSession.create(join(out, "onnx", "model.onnx"));
      const inputs =
        type === "bert" ? ["attention_mask", "input_ids", "token_type_ids"] : ["attention_mask", "input_ids"];
      expect([...session.inputNames].sort()).toEqual(inputs);
      const lm = await loadModel(folder);
      const size = lm.model.config.vocab_size;
      const [long, short] = [randomIds(size, 1, 9)[0]!, randomIds(size, 2, 6)[1]!];
      const segments = (ids: readonly number[]) => ids.map((_, t) => Number(type === "bert" && t > 3));
      const padded = (list: readonly number[]) => [...list, ...new Array<number>(9 - list.length).fill(0)];
      const int64 = (rows: readonly (readonly number[])[]) =>
        new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, 9]);
      const feeds: Record<string, Tensor> = {
        input_ids: int64([long, padded(short)]),
        attention_mask: int64([long.map(() => 1), padded(short.map(() => 1))]),
        ...(type === "bert" ? { token_type_ids: int64([segments(long), padded(segments(short))]) } : {}),
      };
      const { logits } = await session.run(feeds);
      expect(logits!.dims).toEqual([2, 9, size]);
      const filler = createFiller(lm);
      for (const [r, ids] of [long, short].entries()) {
        const expected = await filler.score(Int32Array.from(ids), Int32Array.from(segments(ids)), [
          ...ids.keys(),
        ]);
        const row = (logits!.data as Float32Array).subarray(r * 9 * size, (r * 9 + ids.length) * size);
        expect(worst(row, expected)).toBeLessThan(1e-3);
      }
      await filler.release();
      await session.release();
    },
  );
});

describe.skipIf(!peers.transformers)(`transformers.js ${peerReason("@huggingface/transformers")}`, () => {
  const quantize = { fp32: undefined, fp16: undefined, q8: "q8", q4: "q4" } as const;

  it.each([
    ["gpt2", {}, "fp32", 24],
    // What rounding changes soon shows in a model of random weights, which is sure of nothing.
    ["gpt2", {}, "fp16", 12],
    ["gpt2", {}, "q8", 12],
    ["gpt2", {}, "q4", 8],
    ["char-transformer", {}, "fp32", 24],
    ["char-transformer", { positions: "learned" }, "fp32", 24],
    ["gpt2", {}, "fp32", 24, 1.3],
    ["char-transformer", {}, "fp32", 24, 1.3],
    ["llama", { heads: 4, kvHeads: 2 }, "fp32", 24],
    ["llama", { heads: 4, kvHeads: 2 }, "fp16", 12],
    ["llama", { heads: 4, kvHeads: 2 }, "q8", 12],
    ["llama", { heads: 4, kvHeads: 2 }, "q4", 4],
    ["qwen2", { heads: 4, kvHeads: 2 }, "fp32", 24],
    ["qwen3", { heads: 4, kvHeads: 1 }, "fp32", 24],
    ["qwen2", { heads: 4, kvHeads: 2 }, "fp32", 24, 1, { ...slides, max_window_layers: 1 }],
    ["gpt_neox", {}, "fp32", 24],
    ["openai-gpt", {}, "fp32", 24],
  ] as const)("writes with %s %o in %s the same %i tokens", async (...of) => {
    const [type, options, dtype, count, penalty = 1, change] = of;
    const folder = await modelFolder(type, options, 8, change);
    // No token ends a text, so that both write on.
    writeFileSync(join(folder, "generation_config.json"), "{}");
    const { out } = await exported(folder, [dtype]);
    const lm = await loadModel(folder, quantize[dtype] ? { quantize: quantize[dtype] } : {});
    const prompt = "why did the hen";
    const [ours] = await sample(lm, { prompt, maxLength: count, temperature: 0, repetitionPenalty: penalty });
    const { pipeline } = await transformersOn(out);
    const generate = await pipeline("text-generation", basename(out), { dtype, device: "cpu" });
    const [theirs] = await generate(prompt, {
      max_new_tokens: count,
      do_sample: false,
      repetition_penalty: penalty,
    });
    const begun = [...promptIds(lm, prompt)];
    expect(generate.tokenizer.encode(prompt)).toEqual(begun);
    await generate.dispose();
    expect(ours!.text.length).toBeGreaterThan(4);
    expect(theirs.generated_text.trimStart()).toBe(prompt + ours!.text);
  });

  it.each([
    ["bert", "fp32"],
    ["bert", "fp16"],
    ["bert", "q8"],
    ["bert", "q4"],
    ["distilbert", "fp32"],
    ["distilbert", "q8"],
    ["roberta", "fp32"],
    ["modernbert", "fp32"],
  ] as const)("fills with %s in %s the same words", async (type, dtype) => {
    const folder = await modelFolder(type, {}, 8);
    // Published folders may not say which tokens are special.
    rmSync(join(folder, "tokenizer_config.json"));
    const { out } = await exported(folder, [dtype]);
    const lm = await loadModel(folder, quantize[dtype] ? { quantize: quantize[dtype] } : {});
    const text = `hen ${lm.tokenizer.token(lm.tokenizer.mask!)} a road`;
    const ours = (await fillMasks(lm, text, { topK: 4 })).masks[0]!;
    const { pipeline } = await transformersOn(out);
    const fill = await pipeline("fill-mask", basename(out), { dtype, device: "cpu" });
    const theirs = await fill(text, { top_k: 4 });
    await fill.dispose();
    // Rounded otherwise than ours in 8 bits, words of nearly one probability may change places.
    const probabilities = new Map(ours.map(({ id, probability }) => [id, probability]));
    expect(new Set(theirs.map(({ token }) => token))).toEqual(new Set(probabilities.keys()));
    if (dtype !== "q8") expect(theirs.map(({ token }) => token)).toEqual(ours.map(({ id }) => id));
    for (const { token, score } of theirs)
      expect(score).toBeCloseTo(probabilities.get(token)!, dtype === "fp32" ? 4 : 2);
  });
});
