import { describe, expect, it } from "vitest";
import { ngrams } from "../ngram-counts.ts";
import { selfBleu } from "./self-bleu.ts";

/** BLEU by its definition, one hypothesis against a list of references. */
function bleu(hypothesis: string[], references: string[][], order: number): number {
  let log = 0;
  for (let n = 1; n <= order; n++) {
    const own = ngrams(hypothesis, n);
    const count = (list: string[], g: string) => list.filter((x) => x === g).length;
    let matched = 0;
    for (const g of new Set(own)) {
      matched += Math.min(count(own, g), Math.max(...references.map((r) => count(ngrams(r, n), g))));
    }
    log += Math.log((matched || 0.1) / Math.max(1, own.length)) / order;
  }
  const nearest = references
    .map((r) => r.length)
    .reduce((best, l) => {
      const [d, e] = [Math.abs(l - hypothesis.length), Math.abs(best - hypothesis.length)];
      return d < e || (d === e && l < best) ? l : best;
    });
  return (hypothesis.length >= nearest ? 1 : Math.exp(1 - nearest / hypothesis.length)) * Math.exp(log);
}

describe("selfBleu", () => {
  it("is 1 for equal samples of at least four tokens and small for unlike ones", () => {
    const same = "why did the chicken cross".split(" ");
    expect(selfBleu([same, same, same])).toBeCloseTo(1, 12);
    expect(selfBleu([same, "knock knock who is there".split(" ")])).toBeLessThan(0.05);
  });

  it("agrees with BLEU of each sample against all others", () => {
    let state = 9;
    const next = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let round = 0; round < 40; round++) {
      const texts = Array.from({ length: 2 + next(7) }, () =>
        Array.from({ length: 1 + next(9) }, () => "abcd"[next(4)]!),
      );
      for (const order of [2, 4]) {
        const each = texts.map((t, i) =>
          bleu(
            t,
            texts.filter((_, j) => j !== i),
            order,
          ),
        );
        expect(selfBleu(texts, order)).toBeCloseTo(each.reduce((a, b) => a + b) / texts.length, 12);
      }
    }
  });

  it("leaves out empty samples, and is not a number where nothing can be compared", () => {
    expect(selfBleu([["a", "b"], [], ["a", "b"]], 2)).toBeCloseTo(1, 12);
    expect(selfBleu([["a"]])).toBeNaN();
    expect(selfBleu([])).toBeNaN();
  });
});
