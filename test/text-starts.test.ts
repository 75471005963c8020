/** Where a text begins, a recurrent model is in a state that it has learned, in training as in use. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Random } from "../src/core/random.ts";
import { type PreparedData, prepareTexts } from "../src/data/prepare.ts";
import { createDecoder } from "../src/generate/decoders/create.ts";
import type { LanguageModel } from "../src/generate/language-model.ts";
import { loadModel } from "../src/generate/load.ts";
import { tokenLosses } from "../src/generate/token-losses.ts";
import { architectures, resettingAt } from "../src/models/registry.ts";
import type { TrainOptions } from "../src/train/options.ts";
import { resume, train } from "../src/train/train.ts";
import { temporaryFolder } from "./cli.ts";
import { randomModel } from "./random-model.ts";
import { babble, contentsOf, tinyTraining } from "./training-fixture.ts";

const recurrent = architectures.filter(({ resets }) => resets).map(({ type }) => type);
const small = { width: 32, layers: 1, dropout: 0 };

/** Sentences of a few forms, of which some are far more frequent than others. */
const sentences = (count: number): string[] => {
  const openings = [
    "Why did",
    "Why did",
    "Why did",
    "Why did",
    "I saw",
    "I saw",
    "A man met",
    "Once",
    "My dog",
  ];
  const middles = ["the old hen", "a red fox", "two small birds", "my best friend", "the tall king"];
  const ends = ["cross the road?", "go home.", "eat bread.", "sing all night!", "fall asleep."];
  const random = new Random(3, "sentences");
  const of = (list: readonly string[], i: number) => list[random.below(list.length, i)]!;
  return Array.from(
    { length: count },
    (_, i) => `${of(openings, 3 * i)} ${of(middles, 3 * i + 1)} ${of(ends, 3 * i + 2)} ${i}`,
  );
};

const prepared = (type: string): Promise<PreparedData> =>
  prepareTexts([{ texts: sentences(600) }], {
    exactDuplicates: false,
    nearDuplicates: false,
    ...(type.startsWith("word") ? { vocabulary: "word" } : {}),
  });

async function trained(type: string, options: Partial<TrainOptions> = {}) {
  const data = await prepared(type);
  const { lm } = await train({
    model: type,
    modelOptions: small,
    data,
    options: {
      steps: 300,
      batchSize: 16,
      seqLen: 32,
      learningRate: 0.01,
      sampleEvery: 0,
      validationTokens: 500,
      ...options,
    },
    backend: { threads: 1 },
  });
  return { lm, data };
}

/** Mean loss of the texts' first tokens: after nothing, after another text, and by counting the training split's. */
async function firstLosses(lm: LanguageModel, { splits, tokenizer }: PreparedData) {
  const texts = splits.validation.map((text) => [...tokenizer.encode(text)]);
  const end = tokenizer.endOfText;
  const before = texts.map((_, i) => [end, ...texts[(i + 1) % texts.length]!]);
  const fresh = await tokenLosses(
    lm,
    texts.map((text) => [end, ...text]),
  );
  const after = await tokenLosses(
    lm,
    texts.map((text, i) => [...before[i]!, end, ...text]),
  );
  const counts = new Map<number, number>();
  for (const text of splits.train) {
    const first = tokenizer.encode(text)[0]!;
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  const counted = (id: number) =>
    -Math.log(((counts.get(id) ?? 0) + 1) / (splits.train.length + tokenizer.size));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    fresh: mean(fresh.map((losses) => losses[0]!)),
    after: mean(after.map((losses, i) => losses[before[i]!.length]!)),
    counting: mean(texts.map((text) => counted(text[0]!))),
  };
}

describe.each(recurrent)("%s", (type) => {
  it("predicts the first token of a text after nothing as after another text, and better than by counting", async () => {
    const { lm, data } = await trained(type);
    const { fresh, after, counting } = await firstLosses(lm, data);
    expect(Math.abs(fresh - after)).toBeLessThan(0.05);
    expect(fresh).toBeLessThan(counting);
  });

  it("begins a text from one state, whatever was read before, token by token or at once", async () => {
    const lm = randomModel(type, { sizes: { ...small, layers: 2 } });
    const end = lm.tokenizer.endOfText;
    const reset = { ...lm, model: resettingAt(lm.model, end) };
    const text = [end, 5, 6, 7, 8];
    const alone = await tokenLosses(reset, [text]);
    const behind = await tokenLosses(reset, [[end, 9, 10, 11, ...text]]);
    expect([...behind[0]!.subarray(4)]).toEqual([...alone[0]!]);
    const carried = await tokenLosses(lm, [[end, 9, 10, 11, ...text]]);
    expect([...carried[0]!.subarray(4)]).not.toEqual([...alone[0]!]);
    const decoder = createDecoder(reset);
    const first = (await decoder.append(Int32Array.of(...text))).slice();
    const again = await decoder.append(Int32Array.of(9, ...text));
    expect([...again]).toEqual([...first]);
    await decoder.release();
  });
});

describe("a run folder", () => {
  const request = async (options: Partial<TrainOptions> = {}) => ({
    ...tinyTraining({ steps: 9, validateEvery: 3, checkpointSeconds: 0, ...options }),
    data: await prepared("char-lstm"),
  });
  const configOf = (folder: string) => JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));

  /** The same run, stopped at its first checkpoint; `then` changes the folder before it goes on. */
  async function interrupted(options: Partial<TrainOptions>, then: (folder: string) => void = () => {}) {
    const parent = temporaryFolder();
    const [whole, stopped] = [join(parent, "whole"), join(parent, "stopped")];
    const given = await request(options);
    let copied = false;
    await train({
      ...given,
      out: whole,
      onEvent({ type }) {
        if (type !== "checkpoint" || copied) return;
        cpSync(whole, stopped, { recursive: true });
        rmSync(join(stopped, ".punchline.lock"));
        copied = true;
      },
    });
    then(stopped);
    await resume(stopped, { data: given.data });
    return { whole, stopped };
  }

  it("names the token at which the state starts over, and goes on bit for bit", async () => {
    const { whole, stopped } = await interrupted({});
    expect(await contentsOf(stopped)).toEqual(await contentsOf(whole));
    const { model, tokenizer } = await loadModel(whole);
    expect(model.config.reset_token_id).toBe(tokenizer.endOfText);
  });

  it("of 0.1.0, which carried the state from text to text, goes on so", async () => {
    const { whole, stopped } = await interrupted(
      { resetState: false, countedBias: false, shuffleTexts: false },
      (folder) => {
        const path = join(folder, "run.json");
        const record = JSON.parse(readFileSync(path, "utf8"));
        const { resetState: _, countedBias: __, shuffleTexts: ___, ...rest } = record.train;
        writeFileSync(path, JSON.stringify({ ...record, train: rest }));
      },
    );
    expect(await contentsOf(stopped)).toEqual(await contentsOf(whole));
    expect(configOf(stopped)).not.toHaveProperty("reset_token_id");
  });

  it("further trained on texts starts over where they begin, and on one continuous text does not", async () => {
    const parent = temporaryFolder();
    const items = await prepared("char-lstm");
    const tuned = async (from: string, data: PreparedData, name: string) => {
      const out = join(parent, name);
      const options = { steps: 1, batchSize: 2, seqLen: 8, sampleEvery: 0 };
      await train({ base: { folder: from, name: "base" }, data, options, out });
      return configOf(out);
    };
    const [old, fresh] = [join(parent, "old"), join(parent, "fresh")];
    await train({ ...(await request({ steps: 1, resetState: false })), out: old });
    await train({ ...(await request({ steps: 1 })), out: fresh });
    const text = tinyTraining({}, babble(900)).data;
    const continuous = { ...text, tokenizer: items.tokenizer };
    expect(await tuned(old, items, "tuned")).toHaveProperty("reset_token_id", items.tokenizer.endOfText);
    expect(await tuned(fresh, continuous, "continuous")).not.toHaveProperty("reset_token_id");
  });

  it("with an impossible token is refused by name", () => {
    const { model } = randomModel("char-rnn");
    for (const token of [-1, 100, 1.5, "x"])
      expect(() => resettingAt(model, token as number)).toThrow(
        /"reset_token_id" must be a token id below 100/,
      );
  });
});
