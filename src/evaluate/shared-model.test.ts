/** Ranks of one process write and score what one rank does. */
import { describe, expect, it } from "vitest";
import { ranksInProcess } from "../../test/ranks-in-process.ts";
import { openLocal } from "../generate/open.ts";
import { follow, Lead } from "../ranks/ranks.ts";
import { evaluateTexts } from "./likelihood.ts";
import { type SharedModel, sharedWork, shareModel } from "./shared-model.ts";

const texts = Array.from(
  { length: 11 },
  (_, i) => `Why did the ${["hen", "cow", "goat"][i % 3]} cross road ${i * i}?`,
);
const backend = { threads: 1 };

/** What `work` gives with a model that so many ranks have. */
async function shared<T>(size: number, name: string, work: (model: SharedModel) => Promise<T>): Promise<T> {
  const ranks = ranksInProcess(size);
  const lead = new Lead(ranks[0]);
  const others = ranks.slice(1).map(async (one) => {
    const { release, ...handlers } = sharedWork(one);
    await follow(one, handlers);
    await release();
  });
  try {
    const model = await shareModel(lead, await openLocal(name, { backend }), { name, backend });
    return await work(model);
  } finally {
    await lead.dismiss();
    await Promise.all(others);
  }
}

describe.each([2, 3])("%i ranks", (size) => {
  it("write the texts that one writes, in their order", async () => {
    const options = { prompt: "Why", n: 7, seed: 4, maxLength: 12, temperature: 0.9 };
    const alone = await (await openLocal("punchline-gpt2", { backend })).sample(options);
    const found = await shared(size, "punchline-gpt2", (model) => model.sample(options));
    expect(found.map(({ text, finish, ids }) => ({ text, finish, ids: [...ids] }))).toEqual(
      alone.map(({ text, finish, ids }) => ({ text, finish, ids: [...ids] })),
    );
    for (const [i, { logProbabilities }] of found.entries())
      for (const [k, value] of logProbabilities.entries())
        expect(value).toBeCloseTo(alone[i]!.logProbabilities[k]!, 4);
  });

  it.each([
    ["punchline-gpt2", { alone: true }],
    ["punchline-gpt2", { alone: true, prompts: texts.map((_, i) => i) }],
    ["punchline-gpt2", { alone: false, length: 16, batch: 2 }],
    ["punchline-bert", {}],
  ] as const)("score as one does: %s, %o", async (name, options) => {
    const alone = await evaluateTexts(await openLocal(name, { backend }), texts, options);
    const found = await shared(size, name, (model) => model.evaluate(texts, options));
    expect(found.tokens).toBe(alone.tokens);
    expect(found.context).toBe(alone.context);
    for (const key of ["loss", "bits_per_byte", "bits_per_character", "perplexity_per_word"] as const)
      expect(Math.abs(found[key] / alone[key] - 1)).toBeLessThan(1e-5);
  });
});

it("a rank that cannot read the prompt, and fewer texts than ranks, end in one sentence on all", async () => {
  await expect(
    shared(3, "punchline-gpt2", (model) => model.evaluate(["one", "two"], { alone: true })),
  ).rejects.toThrow("3 ranks cannot share 2 texts");
  await expect(shared(2, "punchline-gpt2", (model) => model.sample({ n: 4, topP: 7 }))).rejects.toThrow(
    /topP/,
  );
});
