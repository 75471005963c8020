/** A text with a gap asked of the built-in models: the same as by `compareModels` and by filling masks. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillMasks } from "../generate/fill.ts";
import { openLocal } from "../generate/open.ts";
import { type ClozeModel, clozeModel, timeClozeModels } from "./cloze-model.ts";
import { compareModels } from "./compare.ts";
import { continuations } from "./predictions.ts";

const names = ["punchline-gpt2", "punchline-bert"] as const;
const text = "The man went down to the [MASK] and opened the old door.";
const words = " and drank a whole bottle of milk.";

describe("a model asked about a text with a gap", () => {
  let pair: ClozeModel[];
  beforeAll(async () => {
    pair = [];
    for (const name of names) pair.push(clozeModel(await openLocal(name), text));
  });
  afterAll(() => Promise.all(pair.map((model) => model.release())));

  it("answers as in a comparison", async () => {
    const { models } = await compareModels(names, { text, runs: 0, heads: true, topK: 5 });
    for (const [i, model] of pair.entries()) {
      const expected = models[i]!;
      expect(model).toMatchObject({ kind: expected.kind, text: expected.text, facts: expected.facts });
      const predictions = await model.predict(5);
      expect(predictions.map(({ token }) => token)).toEqual(expected.predictions.map(({ token }) => token));
      expect(await model.attention()).toMatchObject({ heads: expected.attention!.heads });
    }
  });

  it("moves with the words right of the gap where it reads them, and nowhere else", async () => {
    const [gpt, bert] = await Promise.all(pair.map((model) => model.change(words, 5)));
    expect(gpt!.distance).toBeLessThan(1e-5);
    for (const { probability, before } of gpt!.predictions) expect(before).toBeCloseTo(probability, 5);

    const lm = await openLocal("punchline-bert");
    // All tokens, so that half the sum of the differences is the distance.
    const all = async (asked: string) => {
      const { masks } = await fillMasks(lm, asked, { topK: lm.tokenizer.size });
      return new Map(masks[0]!.map(({ id, probability }) => [id, probability]));
    };
    const before = await all(text);
    const after = await all(text.replace(/(?<=\[MASK\]).*/, words));
    let sum = 0;
    for (const [id, probability] of before) sum += Math.abs(probability - after.get(id)!);
    expect(bert!.distance).toBeCloseTo(sum / 2, 4);
    expect(bert!.distance).toBeGreaterThan(0.05);
    for (const one of bert!.predictions) {
      expect(one.probability).toBeCloseTo(after.get(one.id)!, 5);
      expect(one.before).toBeCloseTo(before.get(one.id)!, 5);
    }
  });

  it("does not move where the words stay", async () => {
    for (const model of pair) {
      await model.change(continuations[0], 1);
      expect((await model.change(" and opened the old door.", 1)).distance).toBe(0);
    }
  });

  it("is timed, with the answer to which is faster", async () => {
    const { timings, answers, ratios, notes } = await timeClozeModels(pair, { runs: 5, warmUp: 0 });
    expect(new Set(timings.map(({ model }) => model))).toEqual(new Set(names));
    expect(answers.map(({ sense }) => sense)).toContain("Reading");
    for (const { interval, ratio } of ratios) {
      expect(interval[0]).toBeLessThanOrEqual(ratio);
      expect(interval[1]).toBeGreaterThanOrEqual(ratio);
    }
    expect(notes.join()).toMatch(/are small/);
  });
});
