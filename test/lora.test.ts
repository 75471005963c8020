/** LoRA from end to end: what a run holds, that it opens as any model, goes on exactly, and loads elsewhere. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { float32, type HostArray } from "../src/core/array.ts";
import { prepareTexts } from "../src/data/prepare.ts";
import { exportModel } from "../src/export/export.ts";
import { loadModel } from "../src/generate/load.ts";
import type { LocalModel } from "../src/generate/local-model.ts";
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from "../src/hub/adapter.ts";
import { openModelFolder } from "../src/hub/folder.ts";
import { openSafetensors, writeSafetensors } from "../src/hub/safetensors-file.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import type { TrainOptions } from "../src/train/options.ts";
import { readRun } from "../src/train/run-folder.ts";
import { resume, train } from "../src/train/train.ts";
import { adapterFolder } from "./adapter-fixture.ts";
import { temporaryFolder } from "./cli.ts";
import { modelFolder } from "./export-fixture.ts";
import { pythonWithTorch } from "./torch/python.ts";
import { expectParity, forward, randomIds, rows, worst } from "./transformers.ts";

const words = ["why", "did", "the", "hen", "cross", "a", "road", "to", "see", "its", "other", "side"];
const texts = Array.from({ length: 60 }, (_, i) => {
  const [a, b, c] = [words[i % 12], words[(5 * i) % 11], words[Math.floor(i / 6)]];
  return `why did the ${a} cross the ${b} to see its ${c}`;
});
const backend = { threads: 1 };
const quick = {
  batchSize: 4,
  seqLen: 16,
  learningRate: 1e-2,
  schedule: "constant",
  warmup: 0,
  sampleEvery: 0,
  logEvery: 1,
  validateEvery: 4,
} as const;

const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), "utf8"));

/** A run that was fine-tuned from `base` for a few steps. */
async function tuned(options: Partial<TrainOptions>, base?: string, out = join(temporaryFolder(), "run")) {
  const folder = base ?? (await modelFolder("gpt2"));
  const data = await prepareTexts([{ texts }], {
    vocabulary: await loadTokenizer(folder),
    nearDuplicates: false,
  });
  const result = await train({
    base: { folder, name: folder },
    data,
    options: { ...quick, steps: 8, ...options },
    out,
    backend,
  });
  return { base: folder, out, data, result };
}

/** All tensors of a folder, an adapter merged. */
async function tensorsOf(folder: string, adapter?: string): Promise<Record<string, Float32Array>> {
  const { tensors: source, close } = await openModelFolder(folder, adapter === undefined ? {} : { adapter });
  const tensors: Record<string, Float32Array> = {};
  for (const [name, { shape }] of source.tensors) {
    tensors[name] = new Float32Array(shape.reduce((a, b) => a * b, 1));
    await source.read(name, tensors[name]);
  }
  await close();
  return tensors;
}

const ids = { ids: rows(randomIds(200, 2, 9)) };

/** Logits of the model in a folder. */
async function logitsOf(folder: string): Promise<HostArray<"float32">["data"]> {
  const { model } = await loadModel(folder);
  const tensors = await tensorsOf(folder);
  const weights = Object.fromEntries(
    model.parameters.map(({ name, shape }) => [name, float32(shape, tensors[name]!)]),
  );
  return (await forward(model, weights, ids)).logits.data;
}

describe("a LoRA run", () => {
  it("holds the adapter alone, in PEFT's names and shapes, and says what it is", async () => {
    const { base, out, result } = await tuned({ lora: {} });
    expect(readdirSync(out)).toEqual(
      expect.arrayContaining([ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, "config.json", "run.json"]),
    );
    expect(existsSync(join(out, "model.safetensors"))).toBe(false);
    const adapter = await openSafetensors(join(out, ADAPTER_WEIGHTS_FILE));
    await adapter.close();
    const shapes = Object.fromEntries([...adapter.tensors].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual(
      Object.fromEntries(
        [0, 1].flatMap((k) => {
          const map = `base_model.model.transformer.h.${k}.attn.c_attn`;
          return [
            [`${map}.lora_A.weight`, [8, 64]],
            [`${map}.lora_B.weight`, [192, 8]],
          ];
        }),
      ),
    );
    expect(json(out, ADAPTER_CONFIG_FILE)).toMatchObject({
      peft_type: "LORA",
      task_type: "CAUSAL_LM",
      base_model_name_or_path: base,
      r: 8,
      lora_alpha: 16,
      lora_dropout: 0,
      target_modules: ["c_attn"],
      fan_in_fan_out: true,
    });
    const trainable = 2 * 8 * (64 + 192);
    expect(result.summary.trainable).toBe(trainable);
    expect(await readRun(out)).toMatchObject({
      trainable,
      parameters: result.summary.parameters,
      train: { lora: { rank: 8, alpha: 16, dropout: 0, targets: ["c_attn"] } },
    });
    const state = await openSafetensors(join(out, "optimizer.safetensors"));
    await state.close();
    expect([...state.tensors.keys()].filter((name) => !name.includes("lora_"))).toEqual([]);
  });

  it("learns, leaves the base as it was, and merged is unmerged", async () => {
    const { base, out, result } = await tuned({ lora: {}, steps: 20 });
    const losses = result.log.map(({ loss }) => loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.1);
    const [before, after] = [await tensorsOf(base), await tensorsOf(out)];
    const changed = Object.keys(before).filter((name) => worst(before[name]!, after[name]!) > 0);
    expect(changed).toEqual([0, 1].map((k) => `transformer.h.${k}.attn.c_attn.weight`));
    const { model, weights } = result.lm;
    const unmerged = (await forward(model, weights as never, ids)).logits.data;
    expect(worst(unmerged, await logitsOf(out))).toBeLessThan(2e-5);
    expect(worst(unmerged, await logitsOf(base))).toBeGreaterThan(0.1);
  });

  it("is of BERT as well, with its own targets and layout", async () => {
    const base = await modelFolder("bert", { context: 32 });
    const { out } = await tuned({ lora: { rank: 4 } }, base);
    expect(json(out, ADAPTER_CONFIG_FILE)).toMatchObject({
      task_type: null,
      r: 4,
      target_modules: ["query", "value"],
      fan_in_fan_out: false,
    });
    const [before, after] = [await tensorsOf(base), await tensorsOf(out)];
    const changed = Object.keys(before).filter((name) => worst(before[name]!, after[name]!) > 0);
    expect(changed.map((name) => name.replace("bert.encoder.layer.", ""))).toEqual(
      [0, 1].flatMap((k) => [`${k}.attention.self.query.weight`, `${k}.attention.self.value.weight`]),
    );
  });

  it("goes on bit for bit when resumed, with dropout on what the adapters read", async () => {
    const lora = { dropout: 0.2 };
    const whole = await tuned({ lora, steps: 10 });
    const { out, data, base } = await tuned({ lora, steps: 4 }, whole.base);
    expect(base).toBe(whole.base);
    const { log } = await resume(out, { data: data, options: { steps: 10 }, backend });
    expect(log.map(({ loss }) => loss)).toEqual(whole.result.log.map(({ loss }) => loss));
    expect(await tensorsOf(out)).toEqual(await tensorsOf(whole.out));
  });

  it("keeps snapshots that are models themselves", async () => {
    const { out } = await tuned({ lora: {}, snapshotEvery: 4 });
    const [early, late] = [
      await logitsOf(join(out, "checkpoints/step-4")),
      await logitsOf(join(out, "checkpoints/step-8")),
    ];
    expect(worst(early, late)).toBeGreaterThan(1e-3);
  });
});

describe("what LoRA refuses", () => {
  it("a target that matches nothing, naming what there is", async () => {
    await expect(tuned({ lora: { targets: ["c_atn"] } })).rejects.toThrow(
      '"c_atn" of `lora.targets` names no linear map of gpt2, which has c_attn, c_proj, c_fc; did you mean "c_attn"?',
    );
    const folder = await modelFolder("gpt2");
    const early = train({
      base: { folder, name: folder },
      data: ["why"],
      options: { lora: { targets: ["query"] } },
    });
    // Before any text is read.
    await expect(early).rejects.toThrow('"query" of `lora.targets` names no linear map of gpt2');
  });

  it("an architecture without adapters, and numbers that cannot be", async () => {
    await expect(tuned({ lora: {} }, await modelFolder("char-lstm"))).rejects.toThrow(/`lora` is not for it/);
    await expect(tuned({ lora: { rank: 0 } })).rejects.toThrow(/`lora.rank` must be a whole number/);
    await expect(tuned({ lora: { dropout: 1 } })).rejects.toThrow(/`lora.dropout` must be from 0/);
    await expect(tuned({ lora: {}, freezeLayers: 1 })).rejects.toThrow(/`freezeLayers`/);
  });

  it("a base that is an adapter itself", async () => {
    const { out } = await tuned({ lora: {} });
    await expect(tuned({ lora: {} }, out)).rejects.toThrow(/is an adapter itself.*`adapter: ".*--merge/);
  });

  it("a base that has changed since, or is gone", async () => {
    const { base, out, data } = await tuned({ lora: {} });
    const weights = join(base, "model.safetensors");
    const changed = Object.entries(await tensorsOf(base)).map(([name, values]) => ({
      name,
      dtype: "F32" as const,
      shape: [values.length],
      data: values.map((value) => value + 1e-3),
    }));
    await writeSafetensors(weights, changed);
    await expect(loadModel(out)).rejects.toMatchObject({ code: "base-changed" });
    rmSync(base, { recursive: true });
    await expect(loadModel(out)).rejects.toMatchObject({ code: "no-base" });
    await expect(resume(out, { data: data, backend })).rejects.toMatchObject({
      code: "no-base",
    });
  });
});

describe("an adapter that there is already", () => {
  const request = { targets: ["attn.c_attn"], inputsFirst: true, change: { use_rslora: true } };
  /** A training that goes on with the adapter in `folder`. */
  async function further(
    folder: string,
    base: string,
    options: Partial<TrainOptions> = {},
    out = join(temporaryFolder(), "run"),
  ) {
    const data = await prepareTexts([{ texts }], {
      vocabulary: await loadTokenizer(base),
      nearDuplicates: false,
    });
    const adapter = { folder, name: folder };
    const result = await train({
      base: { folder: base, name: base, adapter },
      data,
      options: { ...quick, steps: 6, lora: {}, ...options },
      out,
      backend,
    });
    return { out, data, result };
  }

  it("goes on with its matrices and its settings, and is saved as an adapter again", async () => {
    const base = await modelFolder("gpt2");
    const adapter = await adapterFolder(base, request);
    // At a rate of almost nothing, what comes out is what went in.
    const still = await further(adapter, base, { steps: 1, learningRate: 1e-12 });
    const before = await tensorsOf(base, adapter);
    const after = await tensorsOf(still.out);
    for (const [name, values] of Object.entries(before))
      expect(worst(after[name]!, values)).toBeLessThan(1e-6);
    expect(json(still.out, ADAPTER_CONFIG_FILE)).toMatchObject({
      r: 3,
      lora_alpha: expect.closeTo(5 * Math.sqrt(3), 9),
      use_rslora: false,
      lora_dropout: 0.1,
      target_modules: ["attn.c_attn"],
      fan_in_fan_out: true,
    });
    const { result, out } = await further(adapter, base);
    expect(result.log.at(-1)!.loss).toBeLessThan(result.log[0]!.loss);
    expect((await readRun(out)).adapter).toBe(adapter);
    const whole = await tensorsOf(base);
    const untouched = Object.keys(whole).find((name) => name.endsWith("h.0.mlp.c_fc.weight"))!;
    expect(worst((await tensorsOf(out))[untouched]!, whole[untouched]!)).toBe(0);
  });

  it("and a run of its own go on bit for bit when resumed, also before the first checkpoint", async () => {
    const { base, out: first } = await tuned({ lora: { rank: 2 }, steps: 4 });
    const whole = await further(first, base, { steps: 8 });
    const part = await further(first, base, { steps: 3 });
    const { log } = await resume(part.out, { data: part.data, options: { steps: 8 }, backend });
    expect(log.map(({ loss }) => loss)).toEqual(whole.result.log.map(({ loss }) => loss));
    // As a run is that was killed before its first checkpoint.
    const described =
      /^(run|config|adapter_config|generation_config|tokenizer|tokenizer_config)\.json$|^texts/;
    const begun = () => {
      for (const name of readdirSync(part.out))
        if (!described.test(name)) rmSync(join(part.out, name), { recursive: true });
    };
    begun();
    const again = await resume(part.out, { data: part.data, options: { steps: 8 }, backend });
    expect(again.log.map(({ loss }) => loss)).toEqual(log.map(({ loss }) => loss));
    begun();
    const other = await tuned({ lora: { rank: 2 }, steps: 2 }, base);
    cpSync(join(other.out, ADAPTER_WEIGHTS_FILE), join(first, ADAPTER_WEIGHTS_FILE));
    await expect(resume(part.out, { data: part.data, backend })).rejects.toThrow(
      `was begun from other weights than ${first} has now`,
    );
  });

  it("decides its rank and what it adapts", async () => {
    const base = await modelFolder("gpt2");
    const adapter = await adapterFolder(base, request);
    const refused = (options: Partial<TrainOptions>, message: RegExp) =>
      expect(further(adapter, base, options)).rejects.toThrow(message);
    await refused({ lora: { rank: 8 } }, /`lora.rank: 8` is not that of the adapter .*, 3; leave it out/);
    await refused({ lora: { targets: ["c_fc"] } }, /`lora.targets: "c_fc"` is not that of the adapter/);
    await refused({ lora: undefined }, /is trained further as an adapter; add `lora/);
    const misspelt = train({
      base: { folder: base, name: base, adaptor: {} } as never,
      data: texts,
      options: { lora: {} },
    });
    await expect(misspelt).rejects.toThrow('`base.adaptor`; did you mean "adapter"?');
    await expect(further(base, base)).rejects.toThrow(/is not an adapter's folder/);
    const other = await modelFolder("gpt2", { width: 32 });
    await expect(further(adapter, other)).rejects.toThrow(/do not fit the model's weight/);
  });
});

describe("a LoRA run exported", () => {
  it("as hf is the adapter, which opens again by itself", async () => {
    const { out } = await tuned({ lora: {} });
    const to = join(temporaryFolder(), "adapter");
    const { files } = await exportModel(out, { format: "hf", out: to });
    expect(files).toEqual([
      ADAPTER_CONFIG_FILE,
      ADAPTER_WEIGHTS_FILE,
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    expect(worst(await logitsOf(to), await logitsOf(out))).toBe(0);
  });

  it("merged is a whole model, and needs its base no more", async () => {
    const { base, out } = await tuned({ lora: {} });
    const [expected, to] = [await logitsOf(out), join(temporaryFolder(), "merged")];
    const { files } = await exportModel(out, { format: "hf", out: to, merge: true });
    expect(files).toContain("model.safetensors");
    rmSync(base, { recursive: true });
    expect(worst(await logitsOf(to), expected)).toBe(0);
    await expect(
      exportModel(to, { format: "hf", out: join(temporaryFolder(), "x"), merge: true }),
    ).rejects.toThrow(/no adapter/);
    if (pythonWithTorch) await expectParity(to, { ids: randomIds(200, 2, 9) });
  });

  it("as gguf is merged", async () => {
    const { out } = await tuned({ lora: {} });
    const { files } = await exportModel(out, { format: "gguf", out: join(temporaryFolder(), "gguf") });
    expect(files.some((name) => name.endsWith(".gguf"))).toBe(true);
  });

  it("is refused where its variant of LoRA is not computed", async () => {
    const { out } = await tuned({ lora: {} });
    const path = join(out, ADAPTER_CONFIG_FILE);
    const config = json(path);
    writeFileSync(path, JSON.stringify({ ...config, use_dora: true }));
    await expect(loadModel(out)).rejects.toThrow(/"use_dora" makes it a variant/);
  });
});

describe("frozen layers", () => {
  it("do not change, have no state, and a resume is exact", async () => {
    const whole = await tuned({ freezeLayers: 1, steps: 10 });
    const before = await tensorsOf(whole.base);
    const after = await tensorsOf(whole.out);
    const changed = Object.keys(before).filter((name) => worst(before[name]!, after[name]!) > 0);
    expect(changed.length).toBeGreaterThan(8);
    expect(changed.filter((name) => !/^transformer\.(h\.1|ln_f)\./.test(name))).toEqual([]);
    const parts = await tuned({ freezeLayers: 1, steps: 4 }, whole.base);
    const moved = join(temporaryFolder(), "moved");
    cpSync(parts.out, moved, { recursive: true });
    rmSync(whole.base, { recursive: true });
    await resume(moved, { data: parts.data, options: { steps: 10 }, backend });
    expect(await tensorsOf(moved)).toEqual(after);
    const state = await openSafetensors(join(moved, "optimizer.safetensors"));
    await state.close();
    expect([...state.tensors.keys()].filter((name) => /wte|h\.0\./.test(name))).toEqual([]);
  });

  it("are refused where there are not so many, or no base", async () => {
    await expect(tuned({ freezeLayers: 3 })).rejects.toThrow(/beyond the 2 layers/);
    await expect(tuned({ freezeLayers: 1 }, await modelFolder("char-lstm"))).rejects.toThrow(/no layers/);
    const { data } = await tuned({ freezeLayers: 2, steps: 1 });
    await expect(train({ model: "gpt2", data, options: { freezeLayers: 0 } })).rejects.toThrow(
      /start from a model/,
    );
  });
});

it("what was trained in memory is saved with its adapters merged, and opens with equal logits", async () => {
  const base = await modelFolder("gpt2");
  const { lm } = await train({
    base: { folder: base, name: base },
    data: await prepareTexts([{ texts }], { vocabulary: await loadTokenizer(base), nearDuplicates: false }),
    options: { ...quick, steps: 8, lora: { rank: 2, alpha: 8 } },
    backend,
  });
  const folder = join(temporaryFolder(), "saved");
  await lm.save(folder);
  expect(readdirSync(folder)).not.toContain(ADAPTER_CONFIG_FILE);
  const scoreOf = async (model: LocalModel) =>
    (await model.score(texts[0]!)).logProbabilities.map((value) => value ?? 0);
  const tuned = await scoreOf(lm);
  expect(worst(await scoreOf(await loadModel(folder)), tuned)).toBeLessThan(1e-4);
  // The adapters have learned something, which would be missing if they were left out.
  expect(worst(await scoreOf(await loadModel(base)), tuned)).toBeGreaterThan(1e-3);
});
