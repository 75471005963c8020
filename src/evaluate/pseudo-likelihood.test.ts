import { describe, expect, it } from "vitest";
import { modelFolder } from "../../test/export-fixture.ts";
import { createFiller } from "../generate/fill.ts";
import { loadModel } from "../generate/load.ts";
import { logSumExp } from "../generate/sampler.ts";
import { evaluateTexts } from "./likelihood.ts";
import { pseudoLikelihood } from "./pseudo-likelihood.ts";

describe("pseudoLikelihood", () => {
  it("hides each token in turn, as filling one mask after the other does", async () => {
    const lm = await loadModel(await modelFolder("bert"));
    const texts = ["a hen road hens a road", "road hen"];
    const filler = createFiller(lm);
    const mask = lm.tokenizer.mask!;
    let nats = 0;
    let tokens = 0;
    for (const text of texts) {
      const ids = [2, ...lm.tokenizer.encode(text), 3];
      for (let place = 1; place < ids.length - 1; place++) {
        const hidden = Int32Array.from(ids, (id, i) => (i === place ? mask : id));
        const logits = await filler.score(hidden, new Int32Array(ids.length), [place]);
        nats += logSumExp(logits) - logits[ids[place]!]!;
        tokens++;
      }
    }
    await filler.release();
    for (const batch of [1, 3, 16]) {
      const found = await pseudoLikelihood(lm, texts, { batch });
      expect(found.tokens).toBe(tokens);
      expect(found.nats).toBeCloseTo(nats, 4);
    }
    const whole = await evaluateTexts(lm, texts);
    expect(whole).toMatchObject({ likelihood: "pseudo", tokens, words: 8 });
    expect(whole.perplexity_per_word).toBeCloseTo(Math.exp(nats / 8), 3);
    // In pieces of four, two of which are marks, each knows less.
    expect((await pseudoLikelihood(lm, texts, { length: 4 })).tokens).toBe(tokens);
  });
});
