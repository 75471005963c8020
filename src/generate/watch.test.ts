import { describe, expect, it } from "vitest";
import { randomModel } from "../../test/random-model.ts";
import { logProbabilities } from "./log-probabilities.ts";
import { sample } from "./sample.ts";
import { suggest } from "./suggest.ts";
import { type WatchedToken, type WatchOptions, watch } from "./watch.ts";

const lm = randomModel("char-gru", { sizes: { layers: 2, width: 24, embedding: 12 } });

async function watched(options: WatchOptions): Promise<WatchedToken[]> {
  const tokens: WatchedToken[] = [];
  for await (const token of watch(lm, options)) tokens.push(token);
  return tokens;
}

describe("watch", () => {
  it.each([{ temperature: 0.7 }, { topK: 5, topP: 0.8 }, { temperature: 0 }])(
    "draws what sample draws with %o",
    async (drawing) => {
      const options = { prompt: "Why", seed: 4, maxLength: 40, ...drawing };
      const [expected] = await sample(lm, options);
      const tokens = await watched(options);
      expect(tokens.map(({ text }) => text).join("")).toBe(expected!.text);
      for (const [i, { probability }] of tokens.entries())
        expect(Math.log(probability)).toBeCloseTo(expected!.logProbabilities[i]!, 5);
    },
  );

  it("gives each token the odds of one pass over the text, and what suggestions find at its place", async () => {
    const tokens = await watched({ prompt: "Why", seed: 4, maxLength: 12, alternatives: 3 });
    const text = tokens.map((token) => token.text).join("");
    const scored = await logProbabilities(lm, `Why${text}`);
    for (const [i, { probability }] of tokens.filter(({ end }) => !end).entries())
      expect(Math.log(probability)).toBeCloseTo(scored.logProbabilities[3 + i]!, 4);
    const { next } = await suggest(lm, `Why${text.slice(0, 5)}`, { n: 3, kinds: ["next"] });
    const { alternatives } = tokens[5]!;
    expect(alternatives.map(({ text, end }) => (end ? "\n" : text))).toEqual(next.map(({ text }) => text));
    for (const [i, { probability }] of alternatives.entries())
      expect(probability).toBeCloseTo(next[i]!.probability, 5);
  });

  it("stops when it is left, and refuses what sample refuses", async () => {
    for await (const { text } of watch(lm, { seed: 1 })) {
      expect(text).not.toBe(undefined);
      break;
    }
    await expect(watched({ temperature: -1 })).rejects.toThrow(/temperature/);
    await expect(watched({ alternatives: -1 })).rejects.toThrow(/whole number/);
  });
});
