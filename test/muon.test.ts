/** Muon in trainings: of every architecture, of models trained further, and gone on with. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareText, prepareTexts } from "../src/data/prepare.ts";
import { openSafetensors } from "../src/hub/safetensors-file.ts";
import { loadTokenizer } from "../src/hub/tokenizer-files.ts";
import { architectures } from "../src/models/registry.ts";
import type { TrainOptions } from "../src/train/options.ts";
import { readRun } from "../src/train/run-folder.ts";
import { resume, train } from "../src/train/train.ts";
import { temporaryFolder } from "./cli.ts";
import { modelFolder } from "./export-fixture.ts";

const sentence = "why did the chicken cross the road? to get to the other side, said the old hen to the fox.";
const texts = Array.from({ length: 60 }, (_, i) => `${sentence.slice(i % 20)} number ${i}`);
const backend = { threads: 1 };
const quick = {
  optimizer: "muon",
  batchSize: 4,
  seqLen: 16,
  steps: 8,
  learningRate: 0.01,
  schedule: "constant",
  warmup: 0,
  sampleEvery: 0,
  validateEvery: 8,
  logEvery: 1,
} as const satisfies Partial<TrainOptions>;

async function tuned(base: string, options: Partial<TrainOptions> = {}) {
  const data = await prepareTexts([{ texts }], {
    vocabulary: await loadTokenizer(base),
    nearDuplicates: false,
  });
  const out = join(temporaryFolder(), "run");
  const result = await train({
    base: { folder: base, name: base },
    data,
    options: { ...quick, ...options },
    out,
    backend,
  });
  const losses = result.log.map(({ loss, grad_norm }) => [loss, grad_norm]);
  return { data, out, losses };
}

async function tensorsOf(folder: string, file = "model.safetensors") {
  const source = await openSafetensors(join(folder, file));
  const tensors: Record<string, number[]> = {};
  for (const [name, { shape }] of source.tensors) {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    await source.read(name, data);
    tensors[name] = [...data];
  }
  await source.close();
  return tensors;
}

describe("Muon", () => {
  it.each(
    architectures.filter(({ tokens }) => tokens === "character" || tokens === "word").map(({ type }) => type),
  )("trains a %s", async (type) => {
    const { tokens, options } = architectures.find((one) => one.type === type)!;
    const data =
      tokens === "word"
        ? await prepareTexts([{ texts }], { vocabulary: "word", nearDuplicates: false })
        : prepareText(`${sentence}\n`.repeat(20));
    const sizes = {
      width: 16,
      layers: 2,
      embedding: 8,
      heads: 2,
      context: 16,
      window: 16,
      kernel: 9,
      dropout: 0,
    };
    const modelOptions = Object.fromEntries(Object.entries(sizes).filter(([name]) => name in options));
    const { log, summary } = await train({
      model: type,
      modelOptions,
      data,
      options: { ...quick, steps: 12, countedBias: false },
      backend,
    });
    expect(summary.steps).toBe(12);
    expect(log.at(-1)!.loss).toBeLessThan(log[0]!.loss - 0.1);
  });

  it.each(["gpt2", "bert"])(
    "trains a %s further, and holds one moment of each of its matrices",
    async (type) => {
      const base = await modelFolder(type);
      const { out, losses } = await tuned(base);
      expect(losses.at(-1)![0]).toBeLessThan(losses[0]![0]!);
      const state = await tensorsOf(out, "optimizer.safetensors");
      const of = (moment: string) =>
        Object.keys(state).filter(
          (name) => name.startsWith(moment) && state[name]!.some((value) => value !== 0),
        );
      const without = of("moment1.").filter((name) => !state[name.replace("moment1.", "moment2.")]);
      expect(without.length).toBe(type === "gpt2" ? 8 : 13);
      expect(without.filter((name) => /embed|wte|wpe|bias|ln_|Norm/.test(name))).toEqual([]);
      expect((await readRun(out)).train).toMatchObject({ optimizer: "muon", momentum: 0.95 });
    },
  );

  it("computes the same where the inside of blocks is computed again", async () => {
    const base = await modelFolder("gpt2", { dropout: 0.2, layers: 3 });
    const whole = await tuned(base);
    expect((await tuned(base, { recompute: true })).losses).toEqual(whole.losses);
  });

  it.each([{ lora: {} }, { freezeLayers: 1 }] as const)(
    "goes on exactly where it was stopped, with %o",
    async (options) => {
      const base = await modelFolder("gpt2");
      const whole = await tuned(base, options);
      const half = await tuned(base, { ...options, steps: 4, validateEvery: 4 });
      const { log } = await resume(half.out, {
        data: half.data,
        options: { steps: 8 },
        backend,
      });
      expect(log.map(({ loss, grad_norm }) => [loss, grad_norm])).toEqual(whole.losses);
      expect(log.at(-1)!.loss).toBeLessThan(log[0]!.loss);
      if ("lora" in options) return;
      const [before, after] = [await tensorsOf(base), await tensorsOf(half.out)];
      const moved = Object.keys(before).filter((name) => before[name]!.some((v, i) => v !== after[name]![i]));
      expect(moved.some((name) => name.includes("h.1."))).toBe(true);
      expect(moved.filter((name) => /h\.0\.|wte|wpe/.test(name))).toEqual([]);
    },
  );

  it("is refused where no hidden matrix is trained", async () => {
    const base = await modelFolder("gpt2");
    await expect(tuned(base, { freezeLayers: 2 })).rejects.toThrow(
      /^Muon updates matrices of hidden layers, and none/,
    );
  });
});
