/** An encoder is believed where it predicts real texts clearly better than their token frequencies do. */
import { describe, expect, it } from "vitest";
import { randomModel } from "../../../test/random-model.ts";
import { Random } from "../../core/random.ts";
import { prepareTexts } from "../../data/prepare.ts";
import { createDecoder } from "../../generate/decoders/create.ts";
import { embedTexts } from "../../generate/embed.ts";
import type { LanguageModel } from "../../generate/language-model.ts";
import { train } from "../../train/train.ts";
import { judgeEncoder } from "./encoder.ts";
import { mauve } from "./mauve.ts";

const nouns = ["hen", "old king", "red fox", "baker", "small monk", "clown"];
const verbs = ["sang", "slept", "danced", "laughed", "wept"];
const sentences = (count: number, seed: number): string[] => {
  const random = new Random(seed, "sentences");
  const of = (list: readonly string[], i: number) => list[random.below(list.length, i)]!;
  return Array.from(
    { length: count },
    (_, i) => `Why has the ${of(nouns, 3 * i)} ${of(verbs, 3 * i + 1)} with the ${of(nouns, 3 * i + 2)}?`,
  );
};
const [training, real] = [sentences(300, 1), sentences(60, 2)];

/** The mean over all tokens and the ends of the texts, one after the other, in plain loops. */
async function lossOf(lm: LanguageModel, texts: readonly string[]): Promise<number> {
  const { endOfText } = lm.tokenizer;
  const decoder = createDecoder(lm);
  let logits = await decoder.append(Int32Array.of(endOfText));
  let [nats, tokens] = [0, 0];
  for (const id of texts.flatMap((text) => [...lm.tokenizer.encode(text), endOfText])) {
    let sum = 0;
    for (const logit of logits) sum += Math.exp(logit);
    nats += Math.log(sum) - logits[id]!;
    tokens++;
    logits = await decoder.append(Int32Array.of(id));
  }
  await decoder.release();
  return nats / tokens;
}

describe.each(["char-lstm", "char-transformer"])("a %s that has learned nothing", (type) => {
  const lm = randomModel(type, {
    sizes: { width: 16, layers: 1, ...(type === "char-transformer" ? { context: 256 } : {}) },
  });

  it("is not believed, and its perplexity is that of plain loops", async () => {
    const some = real.slice(0, 4);
    const judged = await judgeEncoder(lm, some, training);
    expect(judged.believed).toBe(false);
    expect(Math.log(judged.perplexity)).toBeCloseTo(await lossOf(lm, some), 4);
    const counted = [...training, ...some].map((text) => `${text}\n`).join("");
    const letters = [...some.map((text) => `${text}\n`).join("")];
    const nats = letters.map((letter) => -Math.log((counted.split(letter).length - 1) / counted.length));
    const unigram = nats.reduce((a, b) => a + b, 0) / letters.length;
    expect(Math.log(judged.unigram_perplexity)).toBeCloseTo(unigram, 9);
  });
});

it("is believed once it has learned, and then places gibberish further away than texts of the kind", async () => {
  const data = await prepareTexts([{ texts: training }], { exactDuplicates: false, nearDuplicates: false });
  const { lm } = await train({
    model: "char-gru",
    modelOptions: { width: 32 },
    data,
    options: { steps: 80, batchSize: 16, seqLen: 32, learningRate: 0.02, sampleEvery: 0 },
    backend: { threads: 1 },
  });
  const judged = await judgeEncoder(lm, real, training);
  expect(judged.believed).toBe(true);
  const random = new Random(3, "letters");
  const letters = training.join("");
  let draws = 0;
  const gibberish = real.map((text) =>
    [...text].map(() => letters[random.below(letters.length, draws++)]!).join(""),
  );
  const vectors = await embedTexts(lm, real);
  const near = async (texts: readonly string[]) => mauve(await embedTexts(lm, texts), vectors);
  expect(await near(gibberish)).toBeLessThan(0.3);
  expect(await near(sentences(60, 4))).toBeGreaterThan(0.6);
});
