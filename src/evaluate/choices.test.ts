import { describe, expect, it } from "vitest";
import { prepareText } from "../data/prepare.ts";
import { logProbabilities } from "../generate/log-probabilities.ts";
import { train } from "../train/train.ts";
import { choicesOf, nextTokens } from "./choices.ts";

const text = "the cat sat on the mat. the dog sat on the log. ".repeat(20);

describe("what a model thought at each token", () => {
  it("is what the losses of the text say, with the likeliest in its place", async () => {
    const { lm } = await train({
      model: "char-gru",
      modelOptions: { width: 16, embedding: 8 },
      data: prepareText(text),
      options: { steps: 40, batchSize: 4, seqLen: 16, learningRate: 0.02 },
    });
    const said = "the log sat";
    const choices = await choicesOf(lm, said, { top: 4 });
    const { logProbabilities: logs } = await logProbabilities(lm, said);
    expect(choices.map(({ token }) => token).join("")).toBe(said);
    for (const [i, { probability, instead }] of choices.entries()) {
      expect(probability).toBeCloseTo(Math.exp(logs[i]!), 3);
      expect(instead).toHaveLength(4);
      expect(instead.map((one) => one.probability)).toEqual(
        instead.map((one) => one.probability).sort((a, b) => b - a),
      );
      // A token that is likelier than the last of the likeliest is one of them.
      const listed = instead.find(({ token }) => token === choices[i]!.token);
      if (probability > instead.at(-1)!.probability) expect(listed!.probability).toBe(probability);
    }
    expect(await choicesOf(lm, said, { most: 3 })).toHaveLength(3);

    const [next] = await nextTokens(lm, ["the l"]);
    const sum = next!.logProbabilities.reduce((a, log) => a + Math.exp(log), 0);
    expect(sum).toBeCloseTo(1, 2);
    expect(next!.tokens).toHaveLength(lm.tokenizer.size);
    const after = (await choicesOf(lm, "the lo", { top: 1 })).at(-1)!;
    expect(next!.tokens[0]).toBe(after.instead[0]!.token);
    const own = next!.logProbabilities[next!.tokens.indexOf("o")]!;
    expect(Math.exp(own)).toBeCloseTo(after.probability, 2);
  });
});
