import { describe, expect, it } from "vitest";
import { type Completer, chanceIn, measureExtraction, type Scorer, type TextCut } from "./extraction.ts";

/** A model of characters that has learned some texts by heart and ends at once behind everything else. */
function parrot(known: readonly string[], log: (cut: TextCut) => number): Completer & Scorer {
  return {
    cut: (text, tokens) =>
      text.length > tokens
        ? { head: text.slice(0, tokens), rest: text.slice(tokens), restTokens: text.length - tokens }
        : undefined,
    complete: async (cuts) =>
      cuts.map(({ head, restTokens }) => {
        const text = known.find((k) => k.startsWith(head)) ?? head;
        return text.slice(head.length, head.length + restTokens);
      }),
    score: async (pairs) =>
      pairs.map(({ head, rest }) =>
        [...rest].map(() => log({ head, rest, restTokens: rest.length }) / rest.length),
      ),
  };
}

const training = ["Why did the chicken run?", "Knock knock, who is there?", "too short"];
const heldout = ["What is brown and sticky?", "Velcro, what a rip-off."];

describe("measureExtraction", () => {
  it("counts word-for-word completions, and leaves out texts without a rest", async () => {
    const result = await measureExtraction(
      parrot(training, () => Math.log(0.5)),
      { training, heldout },
    );
    expect(result).toMatchObject({
      prefix: 10,
      training: { n: 2, copies: 2, rate: 1 },
      heldout: { n: 2, copies: 0, rate: 0 },
    });
    expect(result.training.interval[0]).toBeCloseTo(0.3424, 4);
    expect(result.training.sampled![0]).toEqual({ tries: 1, rate: expect.closeTo(0.5, 12) });
    expect(result.training.sampled![1]!.rate).toBeCloseTo(1 - 2 ** -10, 12);
  });

  it("needs no scorer, works in batches", async () => {
    const { cut, complete } = parrot(training, () => 0);
    const sizes: number[] = [];
    const model: Completer = {
      cut,
      complete: (cuts) => {
        sizes.push(cuts.length);
        return complete(cuts);
      },
    };
    const result = await measureExtraction(model, { training, heldout: [] }, { prefix: 4, batch: 2 });
    expect(result.training).toMatchObject({ n: 3, copies: 3 });
    expect(result.training.sampled).toBeUndefined();
    expect(result.heldout).toMatchObject({ n: 0, rate: null });
    expect(sizes).toEqual([2, 1]);
  });
});

describe("chanceIn", () => {
  it("is p in one try, and goes to 1", () => {
    expect(chanceIn(1, Math.log(0.3))).toBeCloseTo(0.3, 14);
    expect(chanceIn(2, Math.log(0.3))).toBeCloseTo(0.51, 14);
    expect(chanceIn(1000, Math.log(0.3))).toBe(1);
    expect(chanceIn(7, 0)).toBe(1);
    expect(chanceIn(7, -Infinity)).toBe(0);
  });

  it("keeps its digits for tiny chances", () => {
    expect(chanceIn(1000, Math.log(1e-30)) / 1e-27).toBeCloseTo(1, 12);
  });
});
