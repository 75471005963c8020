import { beforeAll, describe, expect, it } from "vitest";
import { prepareText } from "../data/prepare.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { train } from "../train/train.ts";
import { evaluateTyping } from "./typing.ts";

const sentence = "why did the old hen cross a road? it can't swim";
const words = 11;

describe("typing with a model", () => {
  let knowing: LanguageModel;
  let ignorant: LanguageModel;

  beforeAll(async () => {
    const data = prepareText(`${sentence}\n`.repeat(60));
    const request = {
      model: "char-lstm",
      modelOptions: { width: 48, embedding: 16 },
      data,
      backend: { threads: 1 },
    };
    const options = { batchSize: 8, seqLen: 48, learningRate: 0.02, sampleEvery: 0, warmup: 0 };
    knowing = (await train({ ...request, options: { ...options, steps: 240 } })).lm;
    const weights = Object.entries(knowing.weights).map(([name, array]) => [
      name,
      "data" in array ? { ...array, data: new Float32Array(array.data.length) } : array,
    ]);
    ignorant = { ...knowing, weights: Object.fromEntries(weights) };
  });

  it("that knows the text takes a key a word, with the marks before it", async () => {
    const quality = await evaluateTyping(knowing, [sentence, sentence]);
    const { characters, keys, keystrokes_saved, top1, top3 } = quality;
    expect({ characters, keys, words: quality.words }).toEqual({
      characters: 2 * sentence.length,
      keys: 2 * words,
      words: 2 * words,
    });
    expect(keystrokes_saved).toBeCloseTo(1 - words / sentence.length, 12);
    expect([quality.keystrokes_saved_first, top1, top3]).toEqual([keystrokes_saved, 1, 1]);
    expect(quality.examples[0]!.probability).toBeGreaterThan(0.5);
    expect(sentence.startsWith(quality.examples[0]!.typed + quality.examples[0]!.completion)).toBe(true);
  });

  it("needs no key for the space between a suggestion and a word that is typed", async () => {
    const { keys } = await evaluateTyping(knowing, ["why did the zzz"]);
    expect(keys).toBe("123".length + "zzz".length);
  });

  it("that knows nothing saves nothing", async () => {
    const { keys, characters, top3, examples } = await evaluateTyping(ignorant, ["zoo, 'yes'? zoo"]);
    expect({ keys, top3, examples }).toEqual({ keys: characters, top3: 0, examples: [] });
  });
});
