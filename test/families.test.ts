/** Llama, Qwen and GPT-NeoX against plain PyTorch, from folders as the Hub has them. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportModel } from "../src/export/export.ts";
import { createDecoder } from "../src/generate/decoders/create.ts";
import { loadModel } from "../src/generate/load.ts";
import { promptIds, type Sample, sample } from "../src/generate/sample.ts";
import { floatToBfloat, floatToHalf } from "../src/hub/half.ts";
import { writeSafetensors } from "../src/hub/safetensors-file.ts";
import { buildModel } from "../src/models/registry.ts";
import { printableTokenizer } from "../src/text/characters.ts";
import { temporaryFolder } from "./cli.ts";
import { configOf, families, maskedVariants, variants } from "./families.ts";
import { llamaWrites, peerReason, peers, transformersOn } from "./peers.ts";
import { forwardInTorch, writeRandomFolder } from "./torch/forward.ts";
import { pythonWithTorch } from "./torch/python.ts";
import { backend, expectParity, forward, loadFolder, randomIds, rows, worst } from "./transformers.ts";

const names = Object.keys(families) as (keyof typeof families)[];
const LENGTH = 11;

/** A folder with random weights for this configuration. */
async function folderOf(...[family, change]: Parameters<typeof configOf>): Promise<string> {
  const folder = temporaryFolder();
  await writeRandomFolder(buildModel(configOf(family, change)), folder);
  return folder;
}

describe.skipIf(!pythonWithTorch)("against PyTorch (needs a Python with torch)", () => {
  const ids = randomIds(96, 2, LENGTH);
  const mask = [new Array(LENGTH).fill(1), [0, 0, 0, 0, ...new Array(LENGTH - 4).fill(1)]];

  it.each(variants)("%s: logits and every stream, alone and padded at the left", async (_, ...of) => {
    const folder = await folderOf(...of);
    await expectParity(folder, { ids });
    await expectParity(folder, { ids, mask });
  });

  it.each(names)("%s in 16-bit floats and in several files", async (family) => {
    const folder = await folderOf(family);
    const { model, weights } = await loadFolder(folder);
    const list = model.parameters.map(({ name, shape }) => ({ name, shape, data: weights[name]!.data }));
    const halved = (dtype: "F16" | "BF16") =>
      list.map(({ data, ...tensor }) => {
        const bits = new Uint16Array(data.length);
        (dtype === "F16" ? floatToHalf : floatToBfloat)(data, bits);
        return { ...tensor, dtype, data: bits };
      });
    for (const dtype of ["F16", "BF16"] as const) {
      await writeSafetensors(join(folder, "model.safetensors"), halved(dtype));
      await expectParity(folder, { ids });
    }
    const sharded = await folderOf(family);
    const half = Math.ceil(list.length / 2);
    const files = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    const weightMap: Record<string, string> = {};
    for (const [i, file] of files.entries()) {
      const part = halved("BF16").slice(i * half, (i + 1) * half);
      await writeSafetensors(join(sharded, file), part);
      for (const { name } of part) weightMap[name] = file;
    }
    rmSync(join(sharded, "model.safetensors"));
    writeFileSync(
      join(sharded, "model.safetensors.index.json"),
      JSON.stringify({ metadata: {}, weight_map: weightMap }),
    );
    await expectParity(sharded, { ids });
  });
});

describe.skipIf(!pythonWithTorch)("masked, against PyTorch (needs a Python with torch)", () => {
  const ids = randomIds(96, 2, LENGTH);
  const mask = [new Array(LENGTH).fill(1), [...new Array(LENGTH - 4).fill(1), 0, 0, 0, 0]];

  it.each(maskedVariants)("%s: logits and every stream, alone and padded at the right", async (_, ...of) => {
    const folder = await folderOf(...of);
    await expectParity(folder, { ids });
    await expectParity(folder, { ids, mask });
  });
});

describe.each(variants)("%s", (_, family, change) => {
  it("decodes token by token as without a cache, in pieces and at once", async () => {
    const folder = await folderOf(family, change);
    const { model, weights } = await loadFolder(folder);
    const lm = {
      model,
      weights: weights as never,
      tokenizer: printableTokenizer(),
      backend,
      stopAtEos: false,
      name: family,
    };
    const [long, short] = [randomIds(96, 1, LENGTH)[0]!, randomIds(96, 2, 5)[1]!];
    const uncached = async (ids: readonly number[]) => {
      const { logits } = await forward(model, weights, { ids: rows([ids]) });
      return logits.data.slice(-96);
    };
    const expected = [await uncached(long), await uncached(short)];
    const decoder = createDecoder(lm);
    for (const pieces of [[LENGTH], [3, 1, 5, 2]]) {
      decoder.reset();
      let at = 0;
      let last: ArrayLike<number> = [];
      for (const piece of pieces) {
        last = await decoder.append(Int32Array.from(long.slice(at, at + piece)));
        at += piece;
      }
      expect(worst(last, expected[0]!)).toBeLessThan(1e-4);
    }
    decoder.reset();
    let logits = new Float32Array();
    for (const id of long) logits = Float32Array.from(await decoder.append(Int32Array.of(id)));
    expect(worst(logits, expected[0]!)).toBeLessThan(1e-4);
    decoder.reset();
    for (const id of short) logits = Float32Array.from(await decoder.append(Int32Array.of(id)));
    expect(worst(logits, expected[1]!)).toBeLessThan(1e-4);
    await decoder.release();
  });

  it("keeps keys and values of as many heads as it has, and no more", () => {
    const { num_key_value_heads: kv, num_attention_heads, n_head } = configOf(family, change) as never;
    const specs = buildModel(configOf(family, change)).state(1);
    expect(specs.key0!.shape[1]).toBe(kv ?? num_attention_heads ?? n_head);
    const { sliding_window: window, use_sliding_window: slides } = configOf(family, change) as never;
    expect(specs.key1!.shape[2]).toBe(slides ? window - 1 : "capacity");
  });
});

describe("a configuration that would be computed wrongly is refused by its key", () => {
  const kinds = { layer_types: ["sliding_attention", "full_attention"] };
  const swa = { ...kinds, use_sliding_window: true };
  it.each([
    ["llama", { num_key_value_heads: 3 }, /"num_attention_heads", 4, .* "num_key_value_heads", 3/],
    ["llama", { num_attention_heads: 5 }, /"num_attention_heads", 5, is not a multiple/],
    ["llama", { num_attention_heads: 6 }, /width 64 is not a multiple of num_attention_heads, 6/],
    ["llama", { hidden_size: undefined }, /"hidden_size" is missing; it must be a positive whole number\./],
    ["llama", { num_attention_heads: 0 }, /"num_attention_heads" must be a positive whole number, not 0/],
    ["llama", { head_dim: 15 }, /heads of an even size, not of 15/],
    [
      "llama",
      { rope_scaling: { rope_type: "yarn", factor: 4 } },
      /"rope_scaling" has the type "yarn".*linear/,
    ],
    ["llama", { rope_scaling: { type: "dynamic", factor: 2 } }, /"dynamic"/],
    [
      "llama",
      { rope_scaling: { type: "linear" } },
      /"rope_scaling.factor" is missing; it must be a number above 0/,
    ],
    ["llama", { rope_scaling: { factor: 2 } }, /"rope_scaling" has a factor and no "rope_type"/],
    ["llama", { rope_scaling: 4 }, /"rope_scaling" must be an object/],
    ["llama", { rope_theta: 0 }, /"rope_theta" must be a number above 0/],
    ["llama", { hidden_act: "mish" }, /"hidden_act" is "mish"; known are/],
    ["llama", { quantization_config: { quant_method: "gptq" } }, /"quantization_config"/],
    ["llama", { max_position_embeddings: 1e9 }, /"max_position_embeddings" is 1000000000/],
    ["qwen2", kinds, /"layer_types" names sliding_attention, and "use_sliding_window" is not true/],
    ["qwen3", { ...swa, layer_types: ["full"] }, /"layer_types" must name .* each of 2 layers/],
    ["qwen3", { ...swa, sliding_window: 0 }, /"sliding_window" must be a positive whole number, not 0/],
    ["qwen2", { use_sliding_window: true, max_window_layers: -1 }, /"max_window_layers" must be/],
    ["openai-gpt", { afn: "mish" }, /"afn" is "mish"; known are/],
    ["openai-gpt", { n_head: 5 }, /width 64 is not a multiple of n_head, 5/],
    ["roberta", { position_embedding_type: "relative_key" }, /"relative_key" positions/],
    ["roberta", { is_decoder: true }, /a decoder: a variant/],
    ["roberta", { pad_token_id: 70 }, /"max_position_embeddings" is 66, and the first 71 are of no token/],
    ["roberta", { num_attention_heads: 7 }, /num_attention_heads, 7/],
    ["modernbert", { layer_types: ["full_attention"] }, /"layer_types" must name .* each of 4 layers/],
    ["modernbert", { hidden_activation: "mish" }, /"hidden_activation" is "mish"/],
    ["modernbert", { mlp_dropout: 0.1 }, /"mlp_dropout": 0.1 is a variant/],
    ["modernbert", { local_attention: 0 }, /"local_attention" must be a positive whole number/],
    ["modernbert", { max_position_embeddings: 1e9 }, /"max_position_embeddings" is 1000000000/],
    ["modernbert", { rope_parameters: { full_attention: { rope_type: "yarn" } } }, /"yarn"/],
    ["gpt_neox", { rotary_pct: 2 }, /"rotary_pct" is 2/],
    ["gpt_neox", { num_attention_heads: 7 }, /num_attention_heads, 7/],
    ["gpt_neox", { attention_bias: false }, /"attention_bias": false is a variant/],
  ] as const)("%s %o", (family, change, message) => {
    expect(() => buildModel(configOf(family, change))).toThrow(message);
  });
});

const story = join(process.env.PUNCHLINE_ASSETS ?? "", "tinystories-656k-llama");

describe.skipIf(!existsSync(join(story, "config.json")))("a trained Llama (needs PUNCHLINE_ASSETS)", () => {
  it("tells the story that PyTorch tells, token for token, from its own beginning", async () => {
    const lm = await loadModel(story);
    const [written] = await sample(lm, { prompt: "Once upon a time", temperature: 0, maxLength: 60 });
    expect(written!.text).toMatch(/^, .*(was|lived).*\. /s);
    const ids = [lm.tokenizer.beginOfText!, ...lm.tokenizer.encode("Once upon a time"), ...written!.ids];
    expect(lm.tokenizer.token(ids[0]!)).toBe("<|start_story|>");
    const { hidden_size: width, num_hidden_layers: layers, vocab_size: size } = lm.model.config as never;
    const { logits } = await forwardInTorch(story, { ids: [ids.slice(0, -1)] }, { width, layers });
    const likeliest = Array.from({ length: ids.length - 1 }, (_, t) => {
      const row = logits.subarray(t * size, (t + 1) * size);
      return row.indexOf(Math.max(...row));
    });
    expect(likeliest.slice(-60)).toEqual([...written!.ids]);
    await expectParity(story, { ids: [ids] });
  });

  const prompt = "Once upon a time";
  const told = async () =>
    (await sample(await loadModel(story), { prompt, temperature: 0, maxLength: 30 }))[0]!;

  it.skipIf(!peers.llama)(`goes on in llama.cpp ${peerReason("node-llama-cpp")}`, async () => {
    const out = join(temporaryFolder(), "gguf");
    await exportModel(story, { format: "gguf", types: ["f32"], out });
    const lm = await loadModel(story);
    const { ids, written } = await llamaWrites(join(out, "model-f32.gguf"), prompt, 30);
    expect([lm.tokenizer.beginOfText, ...ids]).toEqual([...promptIds(lm, prompt)]);
    const begun = await llamaWrites(join(out, "model-f32.gguf"), prompt, 30, [lm.tokenizer.beginOfText!]);
    expect(begun.written).toEqual([...(await told()).ids]);
    expect(written).not.toEqual(begun.written);
  });

  it.skipIf(!peers.transformers)(
    `goes on in transformers.js ${peerReason("@huggingface/transformers")}`,
    async () => {
      const out = join(temporaryFolder(), "onnx");
      await exportModel(story, { format: "onnx", out });
      const { pipeline } = await transformersOn(out);
      const generate = await pipeline("text-generation", basename(out), { dtype: "fp32", device: "cpu" });
      const [{ generated_text }] = await generate(prompt, { max_new_tokens: 30, do_sample: false });
      await generate.dispose();
      expect(generated_text).toBe(prompt + (await told()).text);
    },
  );

  it("in 8 and in 4 bits predicts its own story nearly as well", async () => {
    const [{ text }] = (await sample(await loadModel(story), { temperature: 0, maxLength: 60 })) as [Sample];
    const lossOf = async (quantize?: "q8" | "q4") => {
      const { logProbabilities } = await (await loadModel(story, quantize ? { quantize } : {})).score(text);
      const known = logProbabilities.map((value) => value ?? 0);
      return -known.reduce((a, b) => a + b, 0) / known.length;
    };
    const [whole, q8, q4] = [await lossOf(), await lossOf("q8"), await lossOf("q4")];
    expect(whole).toBeLessThan(2);
    expect(Math.abs(q8 - whole)).toBeLessThan(0.05);
    expect(Math.abs(q4 - whole)).toBeLessThan(0.6);
    expect(q8).not.toBe(whole);
  });
});
