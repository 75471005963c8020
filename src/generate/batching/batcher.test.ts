/** Texts that are written together are those that `sample` writes alone, whatever the model keeps of what it has read. */
import { describe, expect, it } from "vitest";
import { randomModel } from "../../../test/random-model.ts";
import { babble, tinyTraining } from "../../../test/training-fixture.ts";
import type { HostArray } from "../../core/array.ts";
import { train } from "../../train/train.ts";
import type { LanguageModel } from "../language-model.ts";
import { LocalModel } from "../local-model.ts";
import { logProbabilities } from "../log-probabilities.ts";
import { promptIds } from "../sample.ts";
import { Batcher, type ScoredToken, type TextRequest } from "./batcher.ts";

const models = ["char-lstm", "char-transformer", "char-cnn"] as const;

const sizes = {
  "char-lstm": { layers: 1, width: 12, embedding: 6 },
  "char-transformer": { layers: 2, width: 12, heads: 2, context: 128 },
  "char-cnn": { layers: 3, width: 12 },
  qwen2: { layers: 2, width: 12, heads: 2, kvHeads: 1, context: 128 },
};

async function tiny(model: (typeof models)[number]): Promise<LocalModel> {
  const { lm } = await train({ ...tinyTraining({}, babble(1500)), model, modelOptions: sizes[model] });
  return lm;
}

/** A text by itself, of an owner of its own. */
const request = <M extends Partial<TextRequest>>(
  lm: LanguageModel,
  prompt: string,
  seed: number,
  more: M,
) => ({
  owner: {},
  prompt,
  ids: promptIds(lm, prompt),
  seed,
  index: 0,
  ...more,
});

describe.each(models)("%s", (name) => {
  it("writes each of many texts as if it were alone", async () => {
    const lm = await tiny(name);
    const batcher = new Batcher(lm, 3);
    const prompts = ["the road", "other cross", "r", "the road cross", "the", "other cross road the"];
    const ask = (prompt: string, seed: number) =>
      batcher.write(request(lm, prompt, seed, { maxLength: 10 + 7 * seed, options: { temperature: 0.8 } }));
    const texts = await Promise.all(prompts.map(ask));
    for (const [seed, prompt] of prompts.entries()) {
      const [alone] = await lm.sample({ prompt, seed, maxLength: 10 + 7 * seed, temperature: 0.8 });
      expect(texts[seed]).toMatchObject({ text: alone!.text, finish: alone!.finish, ids: alone!.ids });
      for (const [k, value] of texts[seed]!.logProbabilities.entries())
        expect(value).toBeCloseTo(alone!.logProbabilities[k]!, 4);
    }
    await batcher.release();
    await lm.release();
  });
});

describe.each([...models, "qwen2"] as const)("%s", (name) => {
  it("fails the text whose scores are not numbers, and no other", async () => {
    const lm = randomModel(name, { sizes: sizes[name], config: { tie_word_embeddings: false } });
    // What follows this letter is computed with NaN.
    const odd = lm.tokenizer.id("e")!;
    const embedding = Object.keys(lm.weights).find((key) => /embed|wte/.test(key))!;
    const { data, shape } = lm.weights[embedding] as HostArray<"float32">;
    const width = shape[1]!;
    data.fill(Number.NaN, odd * width, (odd + 1) * width);
    const never = new Map([[odd, -100]]);
    const batcher = new Batcher(lm, 3);
    const ask = (prompt: string, seed: number, more: Partial<TextRequest> = {}) =>
      batcher.write(
        request(lm, prompt, seed, { maxLength: 12, options: { temperature: 1, logitBias: never }, ...more }),
      );
    const alone = await Promise.all([1, 2, 3, 4, 5].map((seed) => ask("a road", seed)));
    // One leaves the vocabulary of numbers while it is read, one while it is written.
    const failing = ask("a hen", 1);
    const writing = ask("a road", 1, {
      options: { temperature: 0, logitBias: new Map([[odd, 100]]) },
    });
    const texts = [2, 3].map((seed) => ask("a road", seed));
    await expect(failing).rejects.toMatchObject({ code: "not-finite" });
    await expect(writing).rejects.toMatchObject({ code: "not-finite" });
    for (const [k, text] of (await Promise.all(texts)).entries()) expect(text.ids).toEqual(alone[k + 1]!.ids);
    // Nor is anything left behind in the slots.
    const after = await Promise.all([1, 4, 5].map((seed) => ask("a road", seed)));
    for (const [k, seed] of [1, 4, 5].entries()) expect(after[k]!.ids).toEqual(alone[seed - 1]!.ids);
    expect(batcher.counts).toMatchObject({ running: 0, waiting: 0 });
    await batcher.release();
  });
});

describe("a batcher", () => {
  const requestOf = (lm: LocalModel, prompt: string, more: Partial<TextRequest> = {}): TextRequest => ({
    owner: {},
    prompt,
    ids: promptIds(lm, prompt),
    seed: 1,
    index: 0,
    maxLength: 5,
    ...more,
  });

  it("scores prompts as they are scored alone, with the likeliest alternatives", async () => {
    const lm = await tiny("char-transformer");
    const batcher = new Batcher(lm, 2);
    const prompt = "other cross road the cross other";
    const scores: ScoredToken[] = [];
    await batcher.write(
      requestOf(lm, prompt, { maxLength: 0, alternatives: 3, onScores: (some) => scores.push(...some) }),
    );
    const { logProbabilities: expected } = await logProbabilities(lm, prompt);
    expect(scores.map(({ id }) => lm.tokenizer.token(id)).join("")).toBe(prompt);
    for (const [k, { logProbability, alternatives }] of scores.entries()) {
      expect(logProbability).toBeCloseTo(expected[k]!, 4);
      expect(alternatives).toHaveLength(3);
      expect(alternatives[0]!.logProbability).toBeGreaterThanOrEqual(logProbability);
    }
    await batcher.release();
  });

  it("has no alternatives without a spelling, of which a padded vocabulary has some", async () => {
    const lm = await tiny("char-transformer");
    const size = 3;
    const padded = new LocalModel({ ...lm, tokenizer: { ...lm.tokenizer, size } });
    const batcher = new Batcher(padded, 2);
    const found: ScoredToken[] = [];
    await batcher.write(
      requestOf(lm, "the", {
        alternatives: 20,
        onToken: (token) => found.push(token),
        onScores: (some) => found.push(...some),
      }),
    );
    expect(found).toHaveLength(8);
    for (const { alternatives } of found)
      expect(alternatives.map(({ id }) => id).sort()).toEqual([...new Array(size).keys()]);
    await batcher.release();
  });

  it("copies what prompts have in common", async () => {
    const lm = await tiny("char-transformer");
    const batcher = new Batcher(lm, 4);
    const prompt = "other cross road the cross other";
    const first = await batcher.write(requestOf(lm, prompt));
    const again = await batcher.write(requestOf(lm, prompt));
    expect(again.ids).toEqual(first.ids);
    const { read, copied } = batcher.counts;
    expect([read, copied]).toEqual([prompt.length + 2, prompt.length]);
    await batcher.release();
  });

  it("reads once what prompts that come together have in common", async () => {
    const lm = await tiny("char-transformer");
    const batcher = new Batcher(lm, 4);
    const prompt = "other cross road the cross other";
    const [alone] = await lm.sample({ prompt, seed: 1, maxLength: 5 });
    const texts = await Promise.all([1, 2, 3].map(() => batcher.write(requestOf(lm, prompt))));
    for (const text of texts) expect(text.ids).toEqual(alone!.ids);
    const { read, copied } = batcher.counts;
    expect([read, copied]).toEqual([prompt.length + 3, 2 * prompt.length]);
    await batcher.release();
  });

  it("gives back the memory of texts that nobody goes on with", async () => {
    const lm = await tiny("char-transformer");
    let shrunk = 0;
    const batcher = new Batcher(lm, 4, { keptMs: 20, onShrunk: () => void shrunk++ });
    const first = batcher.counts.bytes;
    const prompt = "other cross road the cross other ".repeat(3);
    const [alone] = await lm.sample({ prompt, seed: 1, maxLength: 5 });
    expect((await batcher.write(requestOf(lm, prompt))).ids).toEqual(alone!.ids);
    expect(batcher.counts.bytes).toBeGreaterThan(first);
    await expect.poll(() => batcher.counts.bytes).toBe(first);
    expect(shrunk).toBeGreaterThan(0);
    expect((await batcher.write(requestOf(lm, prompt))).ids).toEqual(alone!.ids);
    expect(batcher.counts.copied).toBe(0);
    await batcher.release();
  });

  it("keeps the memory of texts where there is none to move them to, and goes on", async () => {
    const { model, ...rest } = await tiny("char-transformer");
    let full = false;
    const state: typeof model.state = (rows) => {
      if (!full) return model.state(rows);
      tried++;
      throw new RangeError("Array buffer allocation failed");
    };
    const lm = new LocalModel({ ...rest, model: { ...model, state } });
    let [tried, shrunk] = [0, 0];
    const batcher = new Batcher(lm, 4, { keptMs: 0, onShrunk: () => void shrunk++ });
    const request = requestOf(lm, "other cross road the cross other ".repeat(3));
    const { ids } = await batcher.write(request);
    full = true;
    await expect.poll(() => tried).toBeGreaterThan(0);
    expect((await batcher.write(request)).ids).toEqual(ids);
    expect(shrunk).toBe(0);
    await batcher.release();
  });

  it("gives back memory while another text is written, which is none the worse", async () => {
    const lm = await tiny("char-transformer");
    const batcher = new Batcher(lm, 4, { keptMs: 0 });
    const long = requestOf(lm, "other cross road the cross other ".repeat(3));
    const [alone] = await lm.sample({ prompt: "the", seed: 1, maxLength: 60 });
    let [most, last] = [0, 0];
    const short = batcher.write(
      requestOf(lm, "the", {
        maxLength: 60,
        onToken: () => {
          last = batcher.counts.bytes;
          most = Math.max(most, last);
        },
      }),
    );
    await batcher.write(long);
    expect((await short).ids).toEqual(alone!.ids);
    expect(last).toBeLessThan(most);
    await batcher.release();
  });

  it("tells whoever leaves before the run that is under way is over", async () => {
    const lm = await tiny("char-transformer");
    const batcher = new Batcher(lm, 2);
    const stop = new AbortController();
    const left = batcher.write(requestOf(lm, "the", { maxLength: 120, signal: stop.signal }));
    const kept = batcher.write(requestOf(lm, "road"));
    stop.abort();
    expect(batcher.counts).toMatchObject({ running: 0, waiting: 1 });
    await expect(left).rejects.toMatchObject({ name: "AbortError" });
    expect((await kept).tokens).toBe(5);
    await batcher.release();
  });

  it("lets a short text through while long ones hold all slots", async () => {
    const lm = await tiny("char-lstm");
    const batcher = new Batcher(lm, 2);
    const ended: string[] = [];
    const long = [1, 2].map((seed) =>
      batcher.write(requestOf(lm, "the", { seed, maxLength: 600 })).then((text) => {
        ended.push("long");
        return text;
      }),
    );
    const short = batcher.write(requestOf(lm, "r")).then(() => ended.push("short"));
    await Promise.all([...long, short]);
    expect(ended).toEqual(["short", "long", "long"]);
    // Leaving its slot and coming back changes nothing of a text.
    for (const [k, text] of (await Promise.all(long)).entries())
      expect(text.ids).toEqual((await lm.sample({ prompt: "the", seed: k + 1, maxLength: 600 }))[0]!.ids);
    await batcher.release();
  });

  it("drops a text whose signal aborts, and goes on with the others", async () => {
    const lm = await tiny("char-transformer");
    const batcher = new Batcher(lm, 2);
    const stop = new AbortController();
    const dropped = batcher.write(
      requestOf(lm, "the", { maxLength: 120, signal: stop.signal, onToken: () => stop.abort() }),
    );
    const kept = batcher.write(requestOf(lm, "road"));
    await expect(dropped).rejects.toMatchObject({ name: "AbortError" });
    expect((await kept).tokens).toBe(5);
    expect(batcher.counts).toMatchObject({ running: 0, waiting: 0 });
    // Nor does it wait for anything when all are dropped.
    const all = new AbortController();
    const last = batcher.write(
      requestOf(lm, "the", { maxLength: 120, signal: all.signal, onToken: () => all.abort() }),
    );
    await expect(last).rejects.toMatchObject({ name: "AbortError" });
    await batcher.release();
  });

  it("subtracts penalties from tokens that were written, adds biases, and obeys a constraint", async () => {
    const lm = await tiny("char-lstm");
    const batcher = new Batcher(lm, 2);
    const e = lm.tokenizer.id("e")!;
    const written = async (more: Partial<TextRequest>) =>
      (await batcher.write(requestOf(lm, "the", { maxLength: 30, ...more }))).ids;
    expect(await written({ options: { logitBias: new Map([[e, 100]]) } })).toEqual(new Array(30).fill(e));
    const free = await written({ options: { temperature: 0 } });
    const spread = await written({ options: { temperature: 0, frequencyPenalty: 2, presencePenalty: 2 } });
    expect(new Set(spread).size).toBeGreaterThan(new Set(free).size);
    const constraint = { allowed: () => Uint32Array.of(e), accept: () => false };
    expect(await written({ constraint })).toEqual(new Array(30).fill(e));
    let left = 3;
    expect(await written({ constraint: { ...constraint, accept: () => --left === 0 } })).toEqual([e, e, e]);
    await batcher.release();
  });
});
