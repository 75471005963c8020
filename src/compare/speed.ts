/**
 * Timing as a benchmark should be: every case is warmed up, then all cases of all models run in turn, so that
 * whatever slows the machine down affects them alike; the result has quantiles, not a best or a mean.
 *
 * @example
 * const { timings } = await timeCases([...gptCases, ...bertCases], { runs: 20 });
 * timings[0]; // { model: "gpt2", case: "read the text", p50_ms: 31.2, ... }
 */
import { quantile } from "../core/quantile.ts";

export interface SpeedCase {
  readonly model: string;
  readonly case: string;
  /** Tokens that one timed piece of work reads or writes. */
  readonly tokens: number;
  /** Does the work and returns the milliseconds of each timed piece. */
  run(): Promise<readonly number[]>;
}

export interface Timing {
  readonly model: string;
  readonly case: string;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  /** At the median. */
  readonly tokens_per_s: number;
  /** Pieces timed. */
  readonly samples: number;
}

/** A timing with the milliseconds of each recorded run, so that runs can be compared one by one. */
export interface TimedCase extends Timing {
  readonly runs: readonly (readonly number[])[];
}

export interface TimingOptions {
  /** Recorded runs of each case. Default 20. */
  readonly runs?: number | undefined;
  /** Runs before them that are not recorded. Default 2. */
  readonly warmUp?: number | undefined;
  /** Called with the share of the work done, 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Ends the timing early; the runs until then count. */
  readonly signal?: AbortSignal | undefined;
}

export interface CaseFailure {
  readonly model: string;
  readonly case: string;
  readonly error: unknown;
}

/** Of any error, the runtime's included: where one model fails, the results of the others stay. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a case has no times, in a sentence. */
export const failureNote = (failure: CaseFailure): string =>
  `"${failure.case}" failed: ${reasonOf(failure.error)}`;

/** Times all cases in turn. A case that fails is dropped and reported; the others go on. */
export async function timeCases(
  cases: readonly SpeedCase[],
  { runs = 20, warmUp = 2, onProgress, signal }: TimingOptions = {},
): Promise<{ readonly timings: readonly TimedCase[]; readonly failures: readonly CaseFailure[] }> {
  const samples = new Map<SpeedCase, (readonly number[])[]>(cases.map((c) => [c, []]));
  const failures: CaseFailure[] = [];
  for (let round = 0; round < warmUp + runs; round++) {
    // Each round begins with another case, so that none always runs after the same neighbour.
    for (let i = 0; i < cases.length && !signal?.aborted; i++) {
      const timed = cases[(i + round) % cases.length]!;
      const list = samples.get(timed);
      if (list === undefined) continue;
      try {
        const times = await timed.run();
        if (round >= warmUp) list.push(times);
      } catch (error) {
        samples.delete(timed);
        failures.push({ model: timed.model, case: timed.case, error });
      }
    }
    onProgress?.((round + 1) / (warmUp + runs));
  }
  const timings = [...samples].filter(([, list]) => list.length > 0).map(([c, list]) => timing(c, list));
  return { timings, failures };
}

function timing({ model, case: name, tokens }: SpeedCase, runs: readonly (readonly number[])[]): TimedCase {
  const sorted = Float64Array.from(runs.flat()).sort();
  const p50 = quantile(sorted, 0.5);
  return {
    model,
    case: name,
    p50_ms: p50,
    p95_ms: quantile(sorted, 0.95),
    p99_ms: quantile(sorted, 0.99),
    // A coarse clock may measure 0.
    tokens_per_s: (1000 * tokens) / Math.max(p50, 1e-6),
    samples: sorted.length,
    runs,
  };
}

/** Milliseconds that `work` takes. */
export async function stopwatch(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
