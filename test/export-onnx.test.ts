/** ONNX files as others run them: ONNX Runtime itself, and transformers.js where it is installed. */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { exportModel } from "../src/export/export.ts";
import { createDecoder } from "../src/generate/decoder.ts";
import { loadModel } from "../src/generate/load.ts";
import { sample } from "../src/generate/sample.ts";
import { temporaryFolder } from "./cli.ts";
import { modelFolder } from "./export-fixture.ts";
import { peerReason, peers } from "./peers.ts";
import { randomIds, worst } from "./transformers.ts";

async function exported(folder: string): Promise<{ out: string; files: readonly string[] }> {
  const out = join(temporaryFolder(), "out");
  return exportModel(folder, { format: "onnx", out });
}

interface StepFile {
  readonly ids: { readonly input: string; readonly shape: readonly number[] };
  readonly logits: { readonly output: string; readonly shape: readonly number[] };
  readonly state: readonly { input: string; output: string; dtype: string; shape: number[] }[];
  readonly begin: number;
}

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

  it.each(["char-bilstm", "char-transformer", "bert"])("refuses %s, and says what it takes", async (type) => {
    await expect(exported(await modelFolder(type))).rejects.toThrow(new RegExp(`${type}.*recurrent`));
  });
});

describe("GPT-2 with its cache as inputs and outputs", () => {
  it.each([
    ["tied, gelu_new", {}],
    ["untied, relu", { tie_word_embeddings: false, activation_function: "relu" }],
    ["gelu", { activation_function: "gelu" }],
  ] as const)("reads a text in pieces, beside a padded one, as Punchline reads it: %s", async (_, change) => {
    const folder = await modelFolder("gpt2", {}, 4, change);
    const { out, files } = await exported(folder);
    expect(files).toContain("onnx/model.onnx");
    const session = await InferenceSession.create(join(out, "onnx", "model.onnx"));
    const lm = await loadModel(folder);
    const size = lm.model.config.vocab_size;
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
        .map((name) => [name, new Tensor("float32", new Float32Array(0), [2, 2, 0, 32])]),
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
  });
});

/** The part of transformers.js that is used here. */
interface TransformersModule {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  pipeline(
    task: "text-generation",
    model: string,
    options: object,
  ): Promise<{
    (prompt: string, options: object): Promise<[{ generated_text: string }]>;
    tokenizer: { encode(text: string): number[] };
    dispose(): Promise<void>;
  }>;
}

describe.skipIf(!peers.transformers)(`transformers.js ${peerReason("@huggingface/transformers")}`, () => {
  it("reads the folder and writes the same text", async () => {
    const folder = await modelFolder("gpt2", {}, 8);
    const { out } = await exported(folder);
    const lm = await loadModel(folder);
    const prompt = "why did the hen";
    const [ours] = await sample(lm, { prompt, maxLength: 24, temperature: 0 });
    const { env, pipeline } = (await import(peers.transformers!)) as TransformersModule;
    env.allowRemoteModels = false;
    env.localModelPath = dirname(out);
    const generate = await pipeline("text-generation", basename(out), { dtype: "fp32", device: "cpu" });
    expect(generate.tokenizer.encode(prompt)).toEqual([...lm.tokenizer.encode(prompt)]);
    const [theirs] = await generate(prompt, { max_new_tokens: 24, do_sample: false });
    await generate.dispose();
    expect(ours!.text.length).toBeGreaterThan(10);
    expect(theirs.generated_text).toBe(prompt + ours!.text);
  });
});
