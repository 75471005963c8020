/** LoRA adapters that are applied to a model when it is opened: numbers, quantisation, what is refused, the server. */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { exportModel } from "../src/export/export.ts";
import { loadModel } from "../src/generate/load.ts";
import type { LocalModel } from "../src/generate/local-model.ts";
import { openLocal, openModel } from "../src/generate/open.ts";
import { readAdapterConfig } from "../src/hub/adapter.ts";
import { builtInFolder } from "../src/hub/built-in.ts";
import { openSafetensors, writeSafetensors } from "../src/hub/safetensors-file.ts";
import { serve } from "../src/server/serve.ts";
import { adapterFolder, configure } from "./adapter-fixture.ts";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { modelFolder } from "./export-fixture.ts";
import { startHubServer } from "./hub-server.ts";
import { forwardInTorch } from "./torch/forward.ts";
import { pythonWithTorch } from "./torch/python.ts";
import { forward, randomIds, rows, worst } from "./transformers.ts";

/** Of every vocabulary here. */
const ids = randomIds(9, 2, 9);

async function logitsOf(lm: LocalModel): Promise<Float32Array> {
  const { logits } = await forward(lm.model, lm.weights as never, { ids: rows(ids) });
  return logits.data as Float32Array;
}

const cases = [
  ["gpt2", { targets: ["c_attn", "c_fc", "attn.c_proj"], inputsFirst: true }],
  ["llama", { targets: ["q_proj", "k_proj", "down_proj"] }],
  ["gpt_neox", { targets: ["query_key_value", "dense"], change: { use_rslora: true } }],
  ["bert", { targets: ["query", "value"], rank: 5 }],
] as const;

describe.each(cases)("an adapter of %s", (type, request) => {
  const made = async () => {
    const base = await modelFolder(type, {}, 1);
    return { base, adapter: await adapterFolder(base, request) };
  };

  it.skipIf(!pythonWithTorch)("gives the logits of PyTorch (needs a Python with torch)", async () => {
    const { base, adapter } = await made();
    const [plain, lm] = [await loadModel(base), await loadModel(base, { adapter })];
    const ours = await logitsOf(lm);
    const width = (lm.model.config.hidden_size ?? lm.model.config.n_embd) as number;
    const { logits } = await forwardInTorch(base, { ids, adapter }, { width, layers: 2 });
    expect(worst(ours, logits)).toBeLessThan(1e-4);
    expect(worst(ours, await logitsOf(plain))).toBeGreaterThan(0.01);
  });

  it("merged by an export is the same model", async () => {
    const { base, adapter } = await made();
    const out = join(temporaryFolder(), "merged");
    const { files } = await exportModel(base, { format: "hf", out, adapter });
    expect(files).toContain("model.safetensors");
    expect(files).not.toContain("adapter_model.safetensors");
    expect(
      worst(await logitsOf(await loadModel(out)), await logitsOf(await loadModel(base, { adapter }))),
    ).toBe(0);
  });
});

const gpt2Adapter = { targets: ["c_attn"], inputsFirst: true } as const;
const scoreOf = async (lm: LocalModel) =>
  (await lm.score("why did the hen cross")).logProbabilities.map((value) => value ?? 0);

it("is merged before the weights are rounded, and kept apart for each base and scale", async () => {
  const [base, other] = [await modelFolder("gpt2"), await modelFolder("gpt2", {}, 2)];
  const adapter = await adapterFolder(base, gpt2Adapter);
  const rounded = async (folder: string) => scoreOf(await loadModel(folder, { adapter, quantize: "q8" }));
  const merged = join(temporaryFolder(), "merged");
  await exportModel(base, { format: "hf", out: merged, adapter });
  const first = await rounded(base);
  expect(first).toEqual(await scoreOf(await loadModel(merged, { quantize: "q8" })));
  expect(worst(await rounded(other), first)).toBeGreaterThan(1e-3);
  expect(await rounded(base)).toEqual(first);
  configure(adapter, { lora_alpha: 50 });
  expect(worst(await rounded(base), first)).toBeGreaterThan(1e-3);
  expect(existsSync(join(base, "punchline-q8.safetensors"))).toBe(false);
});

it("brings its own vocabulary where it has one", async () => {
  const base = await modelFolder("gpt2");
  const adapter = await adapterFolder(base, gpt2Adapter);
  const settings = JSON.parse(readFileSync(join(base, "tokenizer_config.json"), "utf8"));
  cpSync(join(base, "tokenizer.json"), join(adapter, "tokenizer.json"));
  const template = "{% for m in messages %}{{ m.content }}{% endfor %}";
  writeFileSync(
    join(adapter, "tokenizer_config.json"),
    JSON.stringify({ ...settings, chat_template: template }),
  );
  const run = async (...line: string[]) => punchline(["chat", base, "why", "--max-length", "2", ...line]);
  expect(await run()).toMatchObject({ status: 2, stderr: expect.stringContaining("template") });
  expect(await run("--adapter", adapter)).toMatchObject({ status: 0 });
});

describe("is refused in a sentence", () => {
  const refused = async (change: Readonly<Record<string, unknown>>) => {
    const base = await modelFolder("gpt2");
    const adapter = await adapterFolder(base, { ...gpt2Adapter, change });
    return expect(loadModel(base, { adapter })).rejects;
  };

  it.each([
    [{ peft_type: "IA3" }, /it is a "IA3" adapter, and only "LORA" is read/],
    [{ use_dora: true }, /"use_dora" makes it a variant/],
    [{ modules_to_save: ["wte"] }, /"modules_to_save" makes/],
    [{ rank_pattern: { c_attn: 4 } }, /"rank_pattern" makes/],
    [{ alpha_pattern: { c_attn: 4 } }, /"alpha_pattern" makes/],
    [{ target_parameters: ["experts"] }, /"target_parameters" makes/],
    [{ layer_replication: [[0, 1]] }, /"layer_replication" makes/],
    [{ bias: "all" }, /"bias" is not "none"/],
    [{ init_lora_weights: "pissa_niter_4" }, /"init_lora_weights", "pissa_niter_4", changes the weights/],
    [{ r: 4 }, /A \[3, 64\] and B \[192, 3\] of ".*c_attn" are not of the rank 4/],
    [{ r: 0 }, /"r" must be a whole number above 0/],
    [{ r: 2.5 }, /"r" must be a whole number above 0/],
    [{ lora_alpha: "16" }, /"lora_alpha" must be a number above 0/],
    [
      { fan_in_fan_out: false },
      /do not fit the model's weight \[64, 192\]; it is an adapter of "someone\/base"/,
    ],
  ])("%j", async (change, sentence) => {
    await (await refused(change)).toThrow(sentence);
  });

  it("but the ways to begin that leave the base as it is are read", () => {
    const config = { peft_type: "LORA", base_model_name_or_path: "x", r: 2, lora_alpha: 8, bias: null };
    for (const begun of [true, false, "gaussian", "eva", "orthogonal"])
      expect(readAdapterConfig({ ...config, init_lora_weights: begun }, "x").scale).toBe(4);
    expect(readAdapterConfig({ ...config, use_rslora: true }, "x").scale).toBeCloseTo(8 / Math.SQRT2);
  });

  it("an adapter of another model, by its maps, its sizes and its names", async () => {
    const base = await modelFolder("gpt2");
    const llama = await modelFolder("llama");
    const ofLlama = await adapterFolder(llama, { targets: ["q_proj"] });
    await expect(loadModel(base, { adapter: ofLlama })).rejects.toThrow(
      /the model has no matrix ".*q_proj.weight"; it is an adapter of "someone\/base"/,
    );
    const wide = await adapterFolder(await modelFolder("gpt2", { width: 32 }), gpt2Adapter);
    await expect(loadModel(base, { adapter: wide })).rejects.toThrow(
      /do not fit the model's weight \[64, 192\]/,
    );
    const inCache = join(temporaryFolder(), "models--openai-community--gpt2", "snapshots", "1a");
    cpSync(base, inCache, { recursive: true });
    const named = await adapterFolder(base, gpt2Adapter);
    await expect(loadModel(inCache, { adapter: named })).rejects.toMatchObject({
      code: "other-base",
      message: expect.stringContaining('an adapter of "someone/base", and not of "openai-community/gpt2"'),
    });
    configure(named, { base_model_name_or_path: "mirror/GPT2-bnb-4bit" });
    await loadModel(inCache, { adapter: named });
    await expect(loadModel(builtInFolder("punchline-gpt2"), { adapter: named })).rejects.toThrow(
      'and not of "punchline-gpt2"',
    );
  });

  it("one whose base had other weights, which it has recorded", async () => {
    const [base, other] = [await modelFolder("gpt2"), await modelFolder("gpt2", {}, 2)];
    const adapter = await adapterFolder(base, gpt2Adapter);
    const path = join(adapter, "adapter_model.safetensors");
    const source = await openSafetensors(path);
    const tensors = [];
    for (const { name, shape } of source.tensors.values()) {
      const data = new Float32Array(shape[0]! * shape[1]!);
      await source.read(name, data);
      tensors.push({ name, shape, dtype: "F32" as const, data });
    }
    await source.close();
    await writeSafetensors(path, tensors, { punchline_base: "0123456789abcdef" });
    await expect(loadModel(other, { adapter })).rejects.toMatchObject({ code: "other-base" });
  });

  it("a matrix that the model does not use", async () => {
    const base = await modelFolder("gpt2");
    const path = join(base, "model.safetensors");
    const source = await openSafetensors(path);
    const tensors = [];
    for (const { name, shape } of source.tensors.values()) {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      await source.read(name, data);
      tensors.push({ name, shape, dtype: "F32" as const, data });
      // As some checkpoints have it: the head again, which is the embedding.
      if (name.endsWith("wte.weight"))
        tensors.push({ name: "lm_head.weight", shape, dtype: "F32" as const, data });
    }
    await source.close();
    await writeSafetensors(path, tensors);
    await loadModel(base);
    const adapter = await adapterFolder(base, { targets: ["lm_head"] });
    await expect(loadModel(base, { adapter })).rejects.toThrow(
      /adapted, but not used by the model.*lm_head.weight/,
    );
  });

  it("a folder without an adapter, a model that is one, and a hosted model", async () => {
    const base = await modelFolder("gpt2");
    const adapter = await adapterFolder(base, gpt2Adapter);
    await expect(loadModel(base, { adapter: base })).rejects.toThrow(
      /it has no adapter_config.json; give one/,
    );
    await expect(loadModel(adapter, { adapter })).rejects.toThrow(/is an adapter itself/);
    await expect(openModel("openai:x", { adapter })).rejects.toThrow(/`adapter` is not for it/);
    const on = (...line: string[]) => punchline(["sample", ...line]);
    expect(await on("openai:x", "--adapter", adapter)).toMatchObject({ status: 2 });
    const { status, stderr } = await on(base, "--adapter", join(adapter, "nowhere"));
    expect({ status, lines: stderr.trim().split("\n").length }).toEqual({ status: 1, lines: 1 });
  });
});

it("comes from the Hub, without its base", async () => {
  const base = await modelFolder("gpt2");
  const made = await adapterFolder(base, gpt2Adapter);
  const read = (name: string) => readFileSync(join(made, name));
  const names = ["adapter_config.json", "adapter_model.safetensors"];
  const hub = await startHubServer([
    {
      kind: "model",
      name: "owner/poet",
      files: { "README.md": "x", ...Object.fromEntries(names.map((name) => [name, read(name)])) },
    },
    { kind: "model", name: "owner/pickle", files: { "adapter_config.json": "{}", "adapter_model.bin": "x" } },
  ]);
  const cacheDir = join(temporaryFolder(), "cache");
  const settings = { endpoint: hub.endpoint, cacheDir, token: undefined, offline: false, retryDelayMs: 1 };
  const open = (adapter: string, offline = false) =>
    openLocal(base, { adapter, pull: { settings: { ...settings, offline } } });
  try {
    const expected = await scoreOf(await loadModel(base, { adapter: made }));
    expect(await scoreOf(await open("owner/poet"))).toEqual(expected);
    expect(await scoreOf(await open("owner/poet", true))).toEqual(expected);
    await expect(open("owner/pickle")).rejects.toMatchObject({ code: "pickle-refused" });
  } finally {
    await hub.close();
  }
});

it("is served under names of its own, opened when it is asked for", async () => {
  const base = await modelFolder("gpt2");
  const adapters = [
    await adapterFolder(base, gpt2Adapter),
    await adapterFolder(base, { ...gpt2Adapter, seed: 2 }),
  ];
  const served = adapters.map((adapter, i) => ({ name: `poet-${i}`, folder: base, adapter }));
  const server = await serve([{ name: base, folder: base }, ...served], { port: 0, maxOpen: 1 });
  const client = new OpenAI({ apiKey: "none", baseURL: server.url, maxRetries: 0 });
  try {
    expect(server.ids).toEqual(["gpt2", "poet-0", "poet-1"]);
    const ask = { prompt: "why did", seed: 1, temperature: 1, max_tokens: 12 };
    for (const [i, model] of server.ids.entries()) {
      const lm = await loadModel(base, i > 0 ? { adapter: adapters[i - 1] } : {});
      const [alone] = await lm.sample({ prompt: "why did", seed: 1, maxLength: 12 });
      expect((await client.completions.create({ ...ask, model })).choices[0]!.text).toBe(alone!.text);
    }
  } finally {
    await server.close();
  }
});

describe("on the command line", () => {
  it("is an option of what opens a model, and tried out before the server listens", async () => {
    const base = await modelFolder("gpt2");
    const adapter = await adapterFolder(base, gpt2Adapter);
    const cwd = temporaryFolder();
    const texts = Array.from({ length: 30 }, (_, i) => `why did the hen ${i} cross a road`);
    writeFileSync(join(cwd, "texts.txt"), texts.join("\n"));
    const run = async (...line: string[]) => {
      const { status, stdout, stderr } = await punchline([...line, "--json"], { cwd });
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    const data = ["--data", "texts.txt", "--near", "off", "--split", "all"];
    const lm = await loadModel(base, { adapter });
    const sampled = await run("sample", base, "--adapter", adapter, "--max-length", "9");
    expect(sampled.samples[0].text).toBe((await lm.sample({ maxLength: 9 }))[0]!.text);
    const scored = await run("eval", base, "--adapter", adapter, ...data);
    const merged = await run("export", base, "--adapter", adapter, "--out", "merged");
    expect(merged.files).toContain("model.safetensors");
    expect(scored.loss).toBe((await run("eval", "merged", ...data)).loss);
    expect(scored.loss).not.toBe((await run("eval", base, ...data)).loss);
    const audited = await run(
      ...["novelty", base, "--adapter", adapter, "-n", "2", "--max-length", "5", "--asked", "0"],
      ...data.slice(0, 4),
    );
    expect(audited.samples).toHaveLength(2);
    const { suggestions } = await run("suggest", base, "why did", "--adapter", adapter);
    expect(suggestions).not.toEqual((await run("suggest", base, "why did")).suggestions);
  });

  it.each([
    [["x"], 2, /--adapter takes NAME=DIR/],
    [["=x"], 2, /--adapter takes NAME=DIR/],
    [["gpt2=ADAPTER"], 2, /Two models would be called "gpt2"/],
    [["a=OTHER"], 1, /do not fit the model's weight/],
  ])("serve --adapter %j is refused", async ([given], status, sentence) => {
    const base = await modelFolder("gpt2");
    const adapter = await adapterFolder(base, gpt2Adapter);
    const other = await adapterFolder(await modelFolder("gpt2", { width: 32 }), gpt2Adapter);
    const pair = given!.replace("ADAPTER", adapter).replace("OTHER", other);
    const ran = await punchline(["serve", base, "--adapter", pair, "--port", "0"]);
    expect(ran).toMatchObject({ status, stdout: "", stderr: expect.stringMatching(sentence) });
  });
});
