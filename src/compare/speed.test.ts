import { describe, expect, it } from "vitest";
import { readCloze } from "./cloze.ts";
import { totalVariation } from "./predictions.ts";
import { type SpeedCase, timeCases } from "./speed.ts";

/** A case whose work takes, by its own account, 1, 2, 3, ... milliseconds. */
function counting(model: string, calls: string[]): SpeedCase {
  let n = 0;
  return {
    model,
    case: "count",
    tokens: 10,
    run: async () => {
      calls.push(model);
      return [++n];
    },
  };
}

describe("timeCases", () => {
  it("leaves the warm-up out and takes the models in turn", async () => {
    const calls: string[] = [];
    const cases = [counting("a", calls), counting("b", calls)];
    const { timings } = await timeCases(cases, { runs: 5, warmUp: 2 });
    expect(calls.join("")).toBe("abbaabbaabbaab");
    // 3, 4, 5, 6, 7 were recorded.
    expect(timings[0]).toMatchObject({ model: "a", p50_ms: 5, samples: 5, tokens_per_s: 2000 });
    expect(timings[0]!.p95_ms).toBeCloseTo(6.8, 10);
  });

  it("drops a case that fails and goes on with the others", async () => {
    const broken = { ...counting("b", []), run: () => Promise.reject(new Error("no memory")) };
    const { timings, failures } = await timeCases([counting("a", []), broken], { runs: 3 });
    expect(timings.map(({ model }) => model)).toEqual(["a"]);
    expect(failures).toEqual([{ model: "b", case: "count", error: new Error("no memory") }]);
  });
});

it("total variation is 0 for equal and 1 for disjoint distributions", () => {
  expect(totalVariation([0.5, 0.5], [0.5, 0.5])).toBe(0);
  expect(totalVariation([1, 0], [0, 1])).toBe(1);
  expect(totalVariation([0.7, 0.3], [0.5, 0.5])).toBeCloseTo(0.2, 12);
});

it("readCloze finds the gap, or supposes it at the end of an unfinished sentence", () => {
  expect(readCloze("a [MASK] b.")).toEqual({ left: "a", right: " b." });
  expect(readCloze("a ____, ‘b’")).toEqual({ left: "a", right: ", ‘b’" });
  expect(readCloze("jump high in the")).toEqual({ left: "jump high in the", right: "." });
  expect(readCloze('He said "no."')).toEqual({ left: 'He said "no."', right: undefined });
  expect(() => readCloze("  ")).toThrow(/empty/);
});
