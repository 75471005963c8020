/** Every architecture: the checks that those of others pass too, decoding by the runtime, and a short training. */
import { describe, expect, it } from "vitest";
import { checkArchitecture } from "../src/conformance/check-architecture.ts";
import { type HostArray, int32 } from "../src/core/array.ts";
import { prepareText, prepareTexts } from "../src/data/prepare.ts";
import { unigramLoss } from "../src/evaluate/reference.ts";
import { createDecoder } from "../src/generate/decoders/create.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { sample } from "../src/generate/sample.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { type Architecture, type OptionValues, type State, zeroState } from "../src/models/model.ts";
import { architectures } from "../src/models/registry.ts";
import { evaluation } from "../src/nn/mode.ts";
import type { Parameters } from "../src/nn/parameters.ts";
import { compile } from "../src/runtime/compile.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { streamOf } from "../src/train/streams.ts";
import { train } from "../src/train/train.ts";
import { randomModel } from "./random-model.ts";

const backend = nodeBackend({ threads: 1 });
const VOCABULARY = 100;

/** Sizes that make each one small, where it has the option. */
const small: OptionValues = {
  width: 16,
  layers: 2,
  embedding: 8,
  heads: 2,
  context: 24,
  window: 12,
  kernel: 2,
  dropout: 0,
};
const variants: Readonly<Record<string, readonly OptionValues[]>> = {
  "word-lstm": [{ tied: false }],
  "char-cnn": [{ kernel: 3, layers: 3 }],
  "char-transformer": [{ positions: "learned" }, { allLayers: true, secondTarget: true, layers: 3 }],
};
const written = architectures.filter(({ tokens }) => tokens === "character" || tokens === "word");

/** Every architecture, and the variants of some. */
const cases = architectures.flatMap((architecture) =>
  [{}, ...(variants[architecture.type] ?? [])].map(
    (options) => [[architecture.type, ...Object.values(options)].join(" "), architecture, options] as const,
  ),
);

/** The sizes that an architecture has. */
function sizesOf({ options: known }: Architecture, options: OptionValues): OptionValues {
  return Object.fromEntries(Object.entries({ ...small, ...options }).filter(([name]) => name in known));
}

async function logitsOf(lm: LanguageModel, ids: Int32Array, batch = 1): Promise<Float32Array> {
  const { model } = lm;
  const carries = !Number.isFinite(model.contextLength);
  const run = compile(
    (p: Parameters, input: { ids: Tensor; state: State }) => model.forward(p, input, evaluation).logits,
    { backend },
  );
  const state: Record<string, HostArray> = carries ? zeroState(model.state(batch)) : {};
  const { data } = await run(lm.weights, { ids: int32([batch, ids.length / batch], ids), state });
  await run.release();
  return data as Float32Array;
}

describe.each(cases)("%s", (_, architecture, options) => {
  const sizes = sizesOf(architecture, options);
  const lm = randomModel(architecture.type, { sizes, seed: 9 });
  const { model } = lm;
  const length = Math.min(12, model.contextLength);
  const ids = Int32Array.from({ length }, (_, i) => (i * 37 + 5) % VOCABULARY);

  it("is as every model must be", () => checkArchitecture(architecture, { options: sizes }));

  it("refuses an option that it has not, naming those it has", () => {
    expect(() => architecture.configure({ wings: 2 }, VOCABULARY)).toThrow(/no option `wings`/);
  });

  if (model.predicts === "each") {
    it("decodes token by token as in one pass, each row of a batch its own text", async () => {
      const batch = 2;
      const texts = Int32Array.from([...ids, ...ids.toReversed()]);
      const whole = await logitsOf(lm, texts, batch);
      const decoder = createDecoder(lm, { batch });
      for (let t = 0; t < length; t++) {
        const logits = await decoder.append(Int32Array.of(texts[t]!, texts[length + t]!));
        for (let row = 0; row < batch; row++) {
          const at = (row * length + t) * VOCABULARY;
          for (let i = 0; i < VOCABULARY; i++)
            expect(logits[row * VOCABULARY + i]).toBeCloseTo(whole[at + i]!, 4);
        }
      }
      await decoder.release();
    });
  }
});

const sentence = "why did the chicken cross the road? to get to the other side, said the old hen to the fox.";

describe.each(written.map((a) => [a.type, a] as const))("%s in training", (type, architecture) => {
  it("falls below what knowing the frequencies gives, and writes", async () => {
    const data =
      architecture.tokens === "word"
        ? await prepareTexts(
            [{ texts: Array.from({ length: 120 }, (_, i) => `${sentence} number ${i % 10}`) }],
            {
              vocabulary: "word",
              exactDuplicates: false,
              nearDuplicates: false,
            },
          )
        : prepareText(`${sentence}\n`.repeat(40));
    const given = { width: 32, layers: 1, context: 16, window: 16 };
    const modelOptions = sizesOf(architecture, given);
    const { lm, log, summary } = await train({
      model: type,
      modelOptions,
      data,
      options: {
        steps: 60,
        batchSize: 8,
        learningRate: 1e-2,
        warmup: 5,
        sampleEvery: 0,
        validationTokens: 300,
        logEvery: 1,
        schedule: "constant",
        countedBias: false,
      },
      backend: { threads: 1 },
    });
    const tokens = streamOf(data, "train", data.tokenizer);
    const unigram = unigramLoss(tokens, tokens, data.tokenizer.size);
    expect(log[0]!.loss).toBeGreaterThan(unigram);
    expect(summary.val_loss).toBeLessThan(unigram);
    const [written] = await sample(lm, { maxLength: 20, temperature: 0, slide: true });
    expect(written!.text.length).toBeGreaterThan(0);
  });
});

describe("sizes that do not fit together", () => {
  const configure = (type: string, options: OptionValues) => () =>
    architectures.find((a) => a.type === type)!.configure(options, VOCABULARY);

  it("are refused by the names of the options", () => {
    expect(configure("char-transformer", { width: 30, heads: 4 })).toThrow(/`width: 30`.*`heads: 4`/);
    expect(configure("gpt2", { width: 30, heads: 4 })).toThrow(/`width: 30`.*`heads: 4`/);
    expect(configure("char-transformer", { width: 12, heads: 4 })).toThrow(/even size.*gives 3.*learned/);
    expect(configure("char-cnn", { kernel: 1 })).toThrow(/`kernel`/);
  });
});

describe("char-transformer's auxiliary losses", () => {
  const data = prepareText(`${sentence}\n`.repeat(40));
  const run = async (modelOptions: OptionValues) => {
    const options = { steps: 8, batchSize: 4, sampleEvery: 0, logEvery: 1, validationTokens: 200, warmup: 0 };
    const sizes = { width: 16, layers: 3, heads: 2, context: 16 };
    const result = await train({
      model: "char-transformer",
      modelOptions: { ...sizes, ...modelOptions },
      data,
      options,
      backend: { threads: 1 },
    });
    return { losses: result.log.map(({ loss }) => loss), parameters: result.summary.parameters };
  };

  it("each change the training, and none changes what the first loss is told to be", async () => {
    const plain = await run({});
    for (const name of ["allLayers", "secondTarget"]) {
      const other = await run({ [name]: true });
      expect(other.losses[0]).toBeCloseTo(plain.losses[0]!, 5);
      expect(other.losses.at(-1)).not.toBeCloseTo(plain.losses.at(-1)!, 5);
      expect(other.parameters).toBeGreaterThan(plain.parameters);
    }
    const last = await run({ allPositions: false });
    expect(last.losses.at(-1)).not.toBeCloseTo(plain.losses.at(-1)!, 5);
  });
});
