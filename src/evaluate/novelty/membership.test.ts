import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { InputError } from "../../core/errors.ts";
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
  it("distinguishes texts that a model has memorised", async () => {
    const model = scorer(new Set(training), 2);
    const { signals: qualities } = await measureMembership(model, { training, heldout });
    expect(qualities.map((q) => q.signal)).toEqual(["perplexity", "zlib", "lowercase"]);
    for (const { auc, foundAtOnePercent } of qualities)
      expect({ auc, foundAtOnePercent }).toEqual({ auc: 1, foundAtOnePercent: 1 });
  });

  it("is no better than chance for a model that has learned nothing", async () => {
    const flat: Scorer = { score: async (pairs) => pairs.map(({ rest }) => [...rest].map(() => -2)) };
    const { signals: qualities } = await measureMembership(flat, { training, heldout }, { batch: 2 });
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
    const { signals: qualities } = await measureMembership(sure, { training, heldout });
    for (const { signal, auc } of qualities) expect({ signal, auc }).toEqual({ signal, auc: 1 });
  });

  it("leaves out texts without tokens", async () => {
    const model = scorer(new Set(training), 2);
    const { signals } = await measureMembership(model, {
      training: [...training, ""],
      heldout: ["", ...heldout],
    });
    expect(signals[0]!.auc).toBe(1);
  });

  /** A model that cannot spell some characters. */
  const without = (lacking: string): Scorer => ({
    async score(pairs) {
      const odd = pairs.map(({ rest }) => [...rest].find((c) => lacking.includes(c))).find((c) => c);
      if (odd) throw new InputError("unknown-character", `The vocabulary has no ${JSON.stringify(odd)}.`);
      return pairs.map(({ rest }) => [...rest].map(() => -1));
    },
  });

  it.each([
    ["lower case", "k", ["lowercase"]],
    ["all", "W", ["perplexity", "zlib", "lowercase"]],
  ] as const)("leaves out by name what cannot be spelt: %s", async (_, lacking, names) => {
    const texts = { training: ["Knock, KNOCK"], heldout: ["What, Knock"] };
    const own = lacking === "k" ? { training: ["KNOCK"], heldout: ["WHAT"] } : texts;
    const { signals, leftOut } = await measureMembership(without(lacking), own, { batch: 1 });
    expect(leftOut.map(({ signal }) => signal)).toEqual(names);
    for (const { reason } of leftOut) expect(reason).toMatch(/vocabulary has no/);
    expect(signals.map(({ signal }) => signal)).not.toEqual(expect.arrayContaining([...names]));
    for (const { auc } of signals) expect(auc).not.toBeNaN();
  });

  it("says where there is nothing to compare", async () => {
    const { signals, leftOut } = await measureMembership(without(""), { training, heldout: [] });
    expect(signals).toEqual([]);
    expect(leftOut[0]).toEqual({ signal: "perplexity", reason: expect.stringMatching(/no held-out text/) });
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
