/** Completing side by side is completing one by one, and scores are those of the whole text's tokens. */
import { describe, expect, it } from "vitest";
import { Random } from "../core/random.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { logProbabilities as logProbabilitiesOf } from "../generate/log-probabilities.ts";
import { sample } from "../generate/sample.ts";
import { architectureOf } from "../models/registry.ts";
import { nodeBackend } from "../runtime/node.ts";
import { printableTokenizer } from "../text/characters.ts";
import { localModel } from "./local-model.ts";

const texts = [
  "Why did the chicken cross the road?",
  "Knock knock.",
  "A priest, a rabbi and a duck.",
  "Short",
];

describe.each(["char-gru", "char-transformer"])("%s", (type) => {
  const architecture = architectureOf(type);
  const tokenizer = printableTokenizer();
  const model = architecture.build(architecture.configure({ width: 16 }, tokenizer.size));
  const weights = Object.fromEntries(
    model.parameters.map(({ name, shape, initialise }) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      initialise(data, new Random(5, name));
      // Sharper than untrained models are, so that the likeliest token is no matter of rounding.
      return [name, { dtype: "float32" as const, shape, data: data.map((x) => 3 * x) }];
    }),
  );
  const lm: LanguageModel = {
    model,
    weights,
    tokenizer,
    backend: nodeBackend(),
    stopAtEos: true,
    name: type,
  };

  it("completes every text as sampling at temperature 0 does", async () => {
    const local = localModel(lm);
    const cuts = texts.map((text) => local.cut(text, 3)!);
    expect(cuts[1]).toEqual({ head: "Kno", rest: "ck knock.", restTokens: 9 });
    const together = await local.complete([...cuts, { head: "", rest: "x", restTokens: 4 }]);
    for (const [i, { head, restTokens }] of cuts.entries()) {
      const [alone] = await sample(lm, { prompt: head, temperature: 0, maxLength: restTokens });
      expect(together[i]).toBe(alone!.text);
    }
    expect(new Set(together).size).toBeGreaterThan(1);
    await local.release();
    expect(local.cut("abc", 3)).toBeUndefined();
  });

  it("scores the rest behind a head as part of the whole text", async () => {
    const local = localModel(lm);
    const pairs = texts.map((text) => ({ head: text.slice(0, 4), rest: text.slice(4) }));
    const scores = await local.score([...pairs, { head: "", rest: texts[0]! }]);
    for (const [i, text] of [...texts, texts[0]!].entries()) {
      const { logProbabilities } = await logProbabilitiesOf(lm, text);
      const expected = i < texts.length ? logProbabilities.slice(4) : logProbabilities;
      expect(scores[i]).toHaveLength(expected.length);
      expected.forEach((value, k) => {
        expect(scores[i]![k]).toBeCloseTo(value!, 4);
      });
    }
    await local.release();
  });
});
