/** Texts of several lengths, and several texts at once, beside what the machine could do in the same minute. */
import type { Backend } from "../runtime/backend.ts";
import type { Contender } from "./contender.ts";
import { GEMM, gemmCase } from "./machine.ts";
import type { Comparison, SweepPoint } from "./results.ts";
import type { SpeedCase, TimedCase } from "./speed.ts";

type Sweep = Pick<Comparison, "by_length" | "by_batch" | "gemm_gflops">;
export const noSweep: Sweep = { by_length: [], by_batch: [], gemm_gflops: null };

/** @param timed times cases in turn; those that fail or are interrupted are missing from its result */
export async function sweepOf(
  ready: readonly Contender[],
  backend: Backend,
  timed: (stage: string, cases: readonly SpeedCase[]) => Promise<readonly TimedCase[]>,
): Promise<Sweep> {
  const gemm = gemmCase(backend);
  try {
    // The product takes its turn among the models, at all sizes.
    const lengths = await timed("timing lengths", [...ready.flatMap((r) => r.lengths), gemm]);
    const batches = await timed("timing batches", [...ready.flatMap((r) => r.batches), gemm]);
    const reached = peakOf([...lengths, ...batches], gemm.flops);
    const points = (timings: readonly TimedCase[], texts: (size: number) => number) =>
      timings.flatMap((timing) => {
        const contender = ready.find(({ told }) => told.model === timing.model);
        return contender ? [pointOf(timing, contender, texts, reached)] : [];
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

/** At its best: a peak is what the machine can do, and other work only ever takes from it. */
function peakOf(timings: readonly TimedCase[], flops: number): number | null {
  const times = timings.filter(({ model }) => model === GEMM).flatMap(({ runs }) => runs.flat());
  return times.length === 0 ? null : flops / Math.min(...times) / 1e6;
}

/** @param texts how many are read at once at a size */
function pointOf(
  { model, case: name, p50_ms, tokens_per_s }: TimedCase,
  { told, flopsPerToken }: Contender,
  texts: (size: number) => number,
  reached: number | null,
): SweepPoint {
  const size = Number(name);
  const tokens = (tokens_per_s * p50_ms) / 1000 / texts(size);
  const gflops = (flopsPerToken!(tokens) * tokens_per_s) / 1e9;
  return { model, size, p50_ms, tokens_per_s, gflops, of_gemm: shareOf(gflops, reached, told.precision) };
}

/** Null where the product says nothing of the model: see {@link SweepPoint.of_gemm}. */
function shareOf(
  gflops: number,
  reached: number | null,
  precision: Contender["told"]["precision"],
): number | null {
  if (reached === null || precision !== "fp32") return null;
  const share = gflops / reached;
  return share <= 1 ? share : null;
}
