/** Texts of several lengths, and several texts at once, with the speed of a plain matrix product in the same minute. */
import type { Backend } from "../runtime/backend.ts";
import { GEMM, gemmCase } from "./machine.ts";
import type { Comparison, SweepPoint } from "./results.ts";
import type { ModelRunner } from "./runner.ts";
import type { SpeedCase, TimedCase } from "./speed.ts";

type Sweep = Pick<Comparison, "by_length" | "by_batch" | "gemm_gflops">;
export const noSweep: Sweep = { by_length: [], by_batch: [], gemm_gflops: null };

/** @param timed times cases in turn and leaves out those that fail or are interrupted */
export async function sweepOf(
  ready: readonly ModelRunner[],
  backend: Backend,
  timed: (stage: string, cases: readonly SpeedCase[]) => Promise<readonly TimedCase[]>,
): Promise<Sweep> {
  const gemm = gemmCase(backend);
  try {
    // The product takes its turn among the models.
    const lengths = await timed("timing lengths", [...ready.flatMap((r) => r.lengths), gemm]);
    const batches = await timed("timing batches", [...ready.flatMap((r) => r.batches), gemm]);
    const reached = peakOf([...lengths, ...batches], gemm.flops);
    const points = (timings: readonly TimedCase[], texts: (size: number) => number) =>
      timings.flatMap((timing) => {
        const runner = ready.find(({ result }) => result.model === timing.model);
        return runner ? [pointOf(timing, runner, texts, reached)] : [];
      });
    return {
      by_length: points(lengths, () => 1),
      by_batch: points(batches, (size) => size),
      gemm_gflops: reached,
    };
  } finally {
    await gemm.release();
  }
}

/** The best run: other work on the machine can only slow a run down. */
function peakOf(timings: readonly TimedCase[], flops: number): number | null {
  const times = timings.filter(({ model }) => model === GEMM).flatMap(({ runs }) => runs.flat());
  return times.length === 0 ? null : flops / Math.min(...times) / 1e6;
}

/** @param texts how many are read at once, by size */
function pointOf(
  { model, case: name, p50_ms, tokens_per_s }: TimedCase,
  { result, flopsPerToken }: ModelRunner,
  texts: (size: number) => number,
  reached: number | null,
): SweepPoint {
  const size = Number(name);
  const tokens = (tokens_per_s * p50_ms) / 1000 / texts(size);
  const gflops = (flopsPerToken!(tokens) * tokens_per_s) / 1e9;
  return { model, size, p50_ms, tokens_per_s, gflops, of_gemm: shareOf(gflops, reached, result.precision) };
}

/** Null where it does not apply: see {@link SweepPoint.of_gemm}. */
function shareOf(
  gflops: number,
  reached: number | null,
  precision: ModelRunner["result"]["precision"],
): number | null {
  if (reached === null || precision !== "fp32") return null;
  const share = gflops / reached;
  return share <= 1 ? share : null;
}
