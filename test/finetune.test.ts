/** Fine-tuning goes on where a model's folder stands, in its own vocabulary, and can be resumed. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareTexts } from "../src/data/prepare.ts";
import { withSubwords } from "../src/data/vocabularies.ts";
import { evaluateTexts } from "../src/evaluate/likelihood.ts";
import { exportModel } from "../src/export/export.ts";
import { loadModel } from "../src/generate/load.ts";
import { sample } from "../src/generate/sample.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { finetuneTraining, type TrainOptions } from "../src/train/options.ts";
import { readRun } from "../src/train/run-folder.ts";
import { resume, train } from "../src/train/train.ts";

let folder: string;
const texts = (subject: string) =>
  Array.from(
    { length: 80 },
    (_, i) => `why did the ${subject} number ${i} cross the road? to see the other side.`,
  );
const backend = { threads: 1 };
const quick = {
  batchSize: 4,
  seqLen: 16,
  warmup: 0,
  schedule: "constant",
  sampleEvery: 0,
  logEvery: 1,
  validateEvery: 20,
} as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-finetune-"));
  const data = withSubwords(
    await prepareTexts([{ texts: texts("chicken") }], { vocabulary: "character", nearDuplicates: false }),
    300,
  );
  await train({
    model: "gpt2",
    modelOptions: { config: "tiny", width: 32, heads: 2, context: 32, dropout: 0 },
    data,
    options: { ...quick, optimizer: "adamw", steps: 60, learningRate: 5e-3 },
    out: join(folder, "base"),
    backend,
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function finetune(name: string, steps: number, more: Partial<TrainOptions> = {}) {
  const base = { folder: join(folder, "base"), name: "base" };
  const vocabulary = await loadTokenizer(base.folder);
  const data = await prepareTexts([{ texts: texts("hen") }], { vocabulary, nearDuplicates: false });
  const options = { ...quick, steps, learningRate: 1e-3, ...more };
  return {
    data,
    result: await train({ base, data, options, out: join(folder, name), backend }),
  };
}

it("begins with what the base knows, and gets better", async () => {
  const { result } = await finetune("tuned", 30);
  const { vocab_size } = (await loadModel(join(folder, "base"))).model.config;
  expect(result.log[0]!.loss).toBeLessThan(0.7 * Math.log(vocab_size));
  expect(result.log.at(-1)!.loss).toBeLessThan(result.log[0]!.loss);
  expect(await readRun(join(folder, "tuned"))).toMatchObject({ model: "gpt2", base: "base" });
  const [written] = await sample(await loadModel(join(folder, "tuned")), {
    prompt: "why did the",
    temperature: 0,
    maxLength: 12,
  });
  expect(written!.text.length).toBeGreaterThan(3);
});

it("learns at a rate for a model of its size where none is given, and records it", async () => {
  const base = { folder: join(folder, "base"), name: join(folder, "base") };
  const data = await prepareTexts([{ texts: texts("hen") }], {
    vocabulary: await loadTokenizer(base.folder),
    nearDuplicates: false,
  });
  const loss = async (path: string) =>
    (await evaluateTexts(await loadModel(path), data.splits.validation)).loss;
  const tuned = async (name: string, options: Partial<TrainOptions>) => {
    const out = join(folder, name);
    await train({ base, data, options: { sampleEvery: 0, ...options }, out, backend });
    const { train: used, parameters } = await readRun(out);
    return { used, parameters, loss: await loss(out) };
  };
  const own = await tuned("own-rate", {});
  expect(own.used.learningRate).toBe(finetuneTraining(own.parameters).learningRate);
  const published = await tuned("rate-of-124M", { learningRate: 5e-5 });
  expect(published.used.learningRate).toBe(5e-5);
  const before = await loss(base.folder);
  // In the three epochs of the default.
  expect(before - own.loss).toBeGreaterThan(5 * (before - published.loss));
  const adapters = await tuned("adapters", { lora: {}, steps: 1 });
  expect(adapters.used.learningRate).toBe(finetuneTraining(adapters.parameters, { lora: {} }).learningRate);
  expect(adapters.used.learningRate).toBeGreaterThan(own.used.learningRate);
});

it("reads each text for itself: its loss is that of the texts one by one, and the validation is that of eval", async () => {
  const { data, result } = await finetune("alone", 4);
  const { lm, summary } = result;
  const { validation } = data.splits;
  expect((await readRun(join(folder, "alone"))).train).toMatchObject({ packing: "blocks", seqLen: 16 });
  // The folder says how the model is to be measured.
  const loaded = await loadModel(join(folder, "alone"));
  const whole = await evaluateTexts(loaded, validation, { length: 32 });
  let nats = 0;
  for (const text of validation) {
    const { loss, tokens } = await evaluateTexts(lm, [text], { alone: false });
    nats += loss * tokens;
  }
  expect(whole.loss * whole.tokens).toBeCloseTo(nats, 2);
  // The rows of the training are shorter than some texts, which go on in another.
  const split = await evaluateTexts(lm, validation, { alone: true, length: 16 });
  expect(summary.val_loss).toBeCloseTo(split.loss, 4);
  expect(split.loss).toBeGreaterThan(whole.loss);
});

it("learns to stop", async () => {
  const { result } = await finetune("stops", 120, { seqLen: 32, learningRate: 3e-3 });
  const samples = await sample(result.lm, { n: 20, maxLength: 28, temperature: 0.5 });
  expect(samples.filter(({ finish }) => finish === "eos").length).toBeGreaterThan(17);
});

describe("prompts", () => {
  const colours = ["red", "green", "blue", "white"];
  const pairs = Array.from({ length: 80 }, (_, i) => ({
    prompt: `${100 + ((i * i * 7919) % 900)} ${colours[i % 4]}`,
    completion: colours[(i + 1) % 4]!,
  }));

  async function data() {
    const texts = pairs.map(({ completion }) => completion);
    const prompts = pairs.map(({ prompt }) => prompt);
    const vocabulary = await loadTokenizer(join(folder, "base"));
    return prepareTexts([{ texts, prompts }], { vocabulary, nearDuplicates: false });
  }

  it("are read and not learned: the loss counts completions and ends alone, and the answer depends on the prompt", async () => {
    const prepared = await data();
    const base = { folder: join(folder, "base"), name: "base" };
    const options = { ...quick, seqLen: 32, steps: 200, learningRate: 5e-3 };
    const { lm, log, summary } = await train({ base, data: prepared, options, backend });
    const { train: texts } = prepared.splits;
    const completions = texts.map((text, i) => text.slice(prepared.prompts!.train[i]));
    const targets = completions.reduce((n, text) => n + lm.tokenizer.encode(text).length + 1, 0);
    const [first] = log;
    expect(first!.tokens / first!.epoch).toBeCloseTo(targets, 6);
    expect(summary.val_loss).toBeLessThan(0.2);
    for (const [i, prompt] of colours.map((colour) => `501 ${colour}`).entries()) {
      const [answer] = await sample(lm, { prompt, temperature: 0, maxLength: 8 });
      expect(answer).toMatchObject({ text: ` ${colours[(i + 1) % 4]}`, finish: "eos" });
    }
    const alone = { alone: true, prompts: prepared.prompts!.validation };
    const scored = await evaluateTexts(lm, prepared.splits.validation, alone);
    expect(scored.loss).toBeCloseTo(summary.val_loss!, 4);
  });

  it("are refused in a stream, which learns everything", async () => {
    const base = { folder: join(folder, "base"), name: "base" };
    const options = { ...quick, steps: 1, packing: "stream" } as const;
    await expect(train({ base, data: await data(), options, backend })).rejects.toThrow(
      /`packing: "stream"` learns every token, and this data has prompts/,
    );
  });
});

it("goes on bit for bit when resumed", async () => {
  const whole = (await finetune("whole", 12)).result.log.map(({ loss }) => loss);
  const { data } = await finetune("parts", 5);
  const { log } = await resume(join(folder, "parts"), {
    data: data,
    options: { steps: 12 },
    backend,
  });
  expect(log.map(({ loss }) => loss)).toEqual(whole);
});

describe("a tokenizer of the same size as the one of the training", () => {
  /** The folder, two tokens of whose vocabulary have each other's id. */
  async function exchanged(from: string, name: string): Promise<string> {
    const to = join(folder, name);
    await cp(from, to, { recursive: true });
    const file = join(to, "tokenizer.json");
    const json = JSON.parse(await readFile(file, "utf8")) as { model: { vocab: Record<string, number> } };
    const { vocab } = json.model;
    const [a, b] = Object.keys(vocab).slice(-3, -1);
    [vocab[a!], vocab[b!]] = [vocab[b!]!, vocab[a!]!];
    await writeFile(file, JSON.stringify(json));
    return to;
  }
  const refused = {
    code: "tokenizer-changed",
    message: expect.stringMatching(/^The weights in .* were trained with another tokenizer/),
  };

  it("is refused by a run, a saved model, an exported one and an adapter", async () => {
    const base = join(folder, "base");
    const [saved, hub, adapter] = ["saved", "exported", "adapter"].map((name) => join(folder, name));
    await (await loadModel(base)).save(saved!);
    await exportModel(base, { format: "hf", out: hub! });
    const vocabulary = await loadTokenizer(base);
    const data = await prepareTexts([{ texts: texts("hen") }], { vocabulary, nearDuplicates: false });
    await train({
      base: { folder: base, name: base },
      data,
      options: { ...quick, steps: 1, lora: {} },
      out: adapter!,
      backend,
    });
    for (const [i, from] of [base, saved!, hub!, adapter!].entries()) {
      expect((await loadModel(from)).tokenizer.size).toBe((await loadModel(base)).tokenizer.size);
      const other = await exchanged(from, `exchanged-${i}`);
      await expect(loadModel(other)).rejects.toMatchObject(refused);
    }
  });

  it("is refused by a resume and a fine-tuning", async () => {
    const { data } = await finetune("going-on", 2);
    const other = await exchanged(join(folder, "going-on"), "going-on-otherwise");
    await expect(resume(other, { data, options: { steps: 3 } })).rejects.toMatchObject(refused);
    const base = { folder: other, name: "other" };
    await expect(train({ base, data: texts("hen"), options: quick, backend })).rejects.toMatchObject(refused);
  });

  it("is refused as that of the data", async () => {
    const away = await exchanged(join(folder, "base"), "tokenizer-alone");
    await rm(join(away, "model.safetensors"));
    const data = await prepareTexts([{ texts: texts("hen") }], {
      vocabulary: await loadTokenizer(away),
      nearDuplicates: false,
    });
    const base = { folder: join(folder, "base"), name: "base" };
    await expect(train({ base, data, options: quick, backend })).rejects.toThrow(
      /^`data` is in another vocabulary than the model in .*, so its ids mean other tokens/,
    );
  });
});
