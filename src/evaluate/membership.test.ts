import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Scorer } from "./extraction.ts";
import { areaUnderCurve, measureMembership, zlibSize } from "./membership.ts";

/** Characters at `nats` each; known texts at a fraction of it. */
function scorer(known: ReadonlySet<string>, nats: number): Scorer {
  return {
    score: async (pairs) =>
      pairs.map(({ rest }) => [...rest].map((_, i) => -(known.has(rest) ? nats / 4 : nats) - 0.01 * (i % 3))),
  };
}

const training = ["Why did the chicken?", "Knock KNOCK", "A third joke, a little longer."];
const heldout = ["What is brown?", "Velcro: a RIP-off", "Nothing like the others, is it?"];

describe("measureMembership", () => {
  it("tells apart what a model has learned by heart", async () => {
    const model = scorer(new Set(training), 2);
    const qualities = await measureMembership(
      model,
      { training, heldout },
      { smaller: scorer(new Set(), 2) },
    );
    expect(qualities.map((q) => q.signal)).toEqual(["perplexity", "zlib", "lowercase", "smaller"]);
    for (const { auc, foundAtOnePercent } of qualities)
      expect({ auc, foundAtOnePercent }).toEqual({ auc: 1, foundAtOnePercent: 1 });
  });

  it("tells nothing of a model that has learned nothing", async () => {
    const flat: Scorer = { score: async (pairs) => pairs.map(({ rest }) => [...rest].map(() => -2)) };
    const qualities = await measureMembership(flat, { training, heldout }, { batch: 2 });
    expect(qualities.map((q) => q.signal)).toEqual(["perplexity", "zlib", "lowercase"]);
    for (const { signal, auc, foundAtOnePercent } of qualities) {
      if (signal !== "zlib") expect({ auc, foundAtOnePercent }).toEqual({ auc: 0.5, foundAtOnePercent: 0 });
    }
  });

  it("takes a model that is certain of what it has learned", async () => {
    const sure: Scorer = {
      score: async (pairs) =>
        pairs.map(({ rest }) => [...rest].map(() => (training.includes(rest) ? 0 : -1))),
    };
    const qualities = await measureMembership(sure, { training, heldout }, { smaller: scorer(new Set(), 2) });
    for (const { signal, auc } of qualities) expect({ signal, auc }).toEqual({ signal, auc: 1 });
  });

  it("leaves out texts without tokens", async () => {
    const model = scorer(new Set(training), 2);
    const [perplexity] = await measureMembership(model, {
      training: [...training, ""],
      heldout: ["", ...heldout],
    });
    expect(perplexity!.auc).toBe(1);
  });
});

describe("areaUnderCurve", () => {
  it("is the share of pairs in order, ties half", () => {
    let state = 1;
    const values = (n: number) =>
      Array.from({ length: n }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state % 7;
      });
    for (let round = 0; round < 50; round++) {
      const [a, b] = [values(1 + (round % 9)), values(1 + (round % 5))];
      let pairs = 0;
      for (const x of a) for (const y of b) pairs += x > y ? 1 : x === y ? 0.5 : 0;
      expect(areaUnderCurve(a, b)).toBeCloseTo(pairs / (a.length * b.length), 12);
    }
  });

  it("is not a number where there is nothing to compare", () => {
    expect(areaUnderCurve([], [1])).toBeNaN();
  });
});

describe("zlibSize", () => {
  it.each(["", "a", "knock ".repeat(500), "Почему"])("is that of zlib: %j", async (text) => {
    expect(await zlibSize(text)).toBe(deflateSync(text).length);
  });
});
