import { expect, it } from "vitest";
import { nodeBackend } from "../runtime/node.ts";
import { GEMM } from "./machine.ts";
import type { ModelRunner } from "./runner.ts";
import type { SpeedCase, TimedCase } from "./speed.ts";
import { sweepOf } from "./sweep.ts";

/** A model that needs 10^9 operations for each token, with made-up times. */
function runner(model: string, precision: "fp32" | "q8"): ModelRunner {
  const sized = (size: number, texts: number): SpeedCase => ({
    model,
    case: String(size),
    tokens: 8 * texts,
    run: async () => [],
  });
  return {
    result: { model, precision } as ModelRunner["result"],
    cases: [],
    lengths: [sized(8, 1)],
    batches: [sized(2, 2)],
    flopsPerToken: (tokens) => (tokens === 8 ? 1e9 : Number.NaN),
    release: async () => {},
  };
}

/** Times as given for a model, whatever the stage: each a run. */
const timing =
  (times: Readonly<Record<string, readonly number[]>>) =>
  async (_: string, cases: readonly SpeedCase[]): Promise<readonly TimedCase[]> =>
    cases.map(({ model, case: name, tokens }) => {
      const runs = times[model]!;
      const p50_ms = runs[0]!;
      const tokens_per_s = (1000 * tokens) / p50_ms;
      const rest = { p50_ms, p95_ms: p50_ms, p99_ms: p50_ms, samples: runs.length };
      return { model, case: name, ...rest, tokens_per_s, runs: runs.map((ms) => [ms]) };
    });

it("the machine's peak is the product's best run among the models, and no share is above 1", async () => {
  const flops = 2 * 256 * 768 * 3072;
  const ready = [runner("a", "fp32"), runner("fast", "fp32"), runner("a q8", "q8")];
  // The product was slowed down to 40 ms, and once ran in 10: that is the peak.
  const times = { a: [200], fast: [20], "a q8": [100], [GEMM]: [40, 10, 40] };
  const { by_length, by_batch, gemm_gflops } = await sweepOf(ready, nodeBackend(), timing(times));
  const peak = flops / 10 / 1e6;
  expect(gemm_gflops).toBeCloseTo(peak, 9);
  const shares = [by_length, by_batch].map((points) => points.map(({ model, of_gemm }) => [model, of_gemm]));
  // 8 tokens in 200 ms are 40 GFLOP/s, and 16 of them, two texts at once, 80.
  expect(shares[0]).toEqual([
    ["a", expect.closeTo(40 / peak, 9)],
    ["fast", null],
    ["a q8", null],
  ]);
  expect(shares[1]![0]).toEqual(["a", expect.closeTo(80 / peak, 9)]);
  expect(by_length[1]!.gflops).toBeCloseTo(400, 9);
  expect(400).toBeGreaterThan(peak);
});

it("without the product there is no peak", async () => {
  const none = async () => [];
  expect(await sweepOf([runner("a", "fp32")], nodeBackend(), none)).toEqual({
    by_length: [],
    by_batch: [],
    gemm_gflops: null,
  });
});
