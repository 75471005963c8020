/** Texts of several lengths, and several texts at once, beside what the machine could do. */
import type { Backend } from "../runtime/backend.ts";
import type { Contender } from "./contender.ts";
import { GEMM, gemmCase } from "./machine.ts";
import type { Comparison, SweepPoint } from "./results.ts";
import type { SpeedCase, Timing } from "./speed.ts";

type Sweep = Pick<Comparison, "by_length" | "by_batch" | "gemm_gflops">;
export const noSweep: Sweep = { by_length: [], by_batch: [], gemm_gflops: null };

/** @param timed times cases in turn; those that fail or are interrupted are missing from its result */
export async function sweepOf(
  ready: readonly Contender[],
  backend: Backend,
  timed: (stage: string, cases: readonly SpeedCase[]) => Promise<readonly Timing[]>,
): Promise<Sweep> {
  const gemm = gemmCase(backend);
  try {
    const cases = ready.flatMap(({ lengths }) => lengths);
    const lengths = await timed("timing lengths", [...cases, gemm]);
    const batches = await timed(
      "timing batches",
      ready.flatMap(({ batches }) => batches),
    );
    const product = lengths.find(({ model }) => model === GEMM);
    if (product === undefined) return noSweep;
    const reached = gemm.flops / product.p50_ms / 1e6;
    const point = (timing: Timing, tokens: number): SweepPoint => {
      const { model, case: size, p50_ms, tokens_per_s } = timing;
      const flopsPerToken = ready.find(({ told }) => told.model === model)!.flopsPerToken!;
      const gflops = (flopsPerToken(tokens) * tokens_per_s) / 1e9;
      return { model, size: Number(size), p50_ms, tokens_per_s, gflops, of_gemm: gflops / reached };
    };
    return {
      by_length: lengths.filter((t) => t !== product).map((t) => point(t, Number(t.case))),
      // Tokens of one of the texts.
      by_batch: batches.map((t) => point(t, (t.tokens_per_s * t.p50_ms) / 1000 / Number(t.case))),
      gemm_gflops: reached,
    };
  } finally {
    await gemm.release();
  }
}
