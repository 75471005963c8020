/**
 * Every benchmark in one go, each in a process of its own and with a limit of time, so that one that fails or hangs does
 * not stop the others.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BenchRow } from "../bench.ts";
import { endTree } from "../processes.ts";
import { type Outcome, readOutcome, without } from "./outcome.ts";

/** Milliseconds; Node's timers of more end at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Rows of all benchmarks, each with the benchmark's name, and which gave none and why. */
export interface AllRows {
  readonly rows: readonly (BenchRow & { readonly benchmark: string })[];
  /** No data, a failure, or no time left. */
  readonly left_out: readonly { readonly benchmark: string; readonly reason: string }[];
}

export interface RunAllOptions {
  /** Seconds after which a benchmark is ended, with all that it started. */
  readonly limit: number;
  /** Called with a line before and after each. */
  readonly progress: (line: string) => void;
  /** Ends the benchmark that runs, and leaves out those after it. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs the benchmarks `names` of `folder`, one after the other. */
export async function runAll(
  names: readonly string[],
  folder: string,
  { limit, progress, signal }: RunAllOptions,
): Promise<AllRows> {
  const rows: AllRows["rows"][number][] = [];
  const leftOut: AllRows["left_out"][number][] = [];
  const begun = performance.now();
  for (const [i, benchmark] of names.entries()) {
    const start = performance.now();
    progress(`${i + 1} of ${names.length}: ${benchmark}; ${timeLeft(start - begun, i, names.length, limit)}`);
    const outcome = signal?.aborted
      ? without("it was not run: all were stopped before it")
      : await runApart(join(folder, `${benchmark}.ts`), limit, signal);
    rows.push(...outcome.rows.map((row) => ({ benchmark, ...row })));
    leftOut.push(...outcome.reasons.map((reason) => ({ benchmark, reason })));
    const found = [
      ...(outcome.rows.length > 0 ? [`${outcome.rows.length} rows`] : []),
      ...outcome.reasons.map((reason) => `left out: ${reason}`),
    ];
    progress(`  ${found.join("; ")}, ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
  return { rows, left_out: leftOut };
}

/** What is still to come, by the mean of those that have run. */
function timeLeft(milliseconds: number, done: number, of: number, limit: number): string {
  const most = (of - done) * limit;
  if (done === 0) return `at most ${inWords(limit)} each`;
  return `about ${inWords(Math.min(most, (milliseconds / 1000 / done) * (of - done)))} left`;
}

const inWords = (seconds: number): string =>
  seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;

/** The outcome of one benchmark; what it prints on the way goes to standard error. */
function runApart(path: string, limit: number, signal: AbortSignal | undefined): Promise<Outcome> {
  // What one that is ended leaves in it goes as well.
  const scratch = mkdtempSync(join(tmpdir(), "punchline-bench-"));
  const child = fork(fileURLToPath(new URL("child.ts", import.meta.url)), [pathToFileURL(path).href], {
    execArgv: ["--import", new URL("../register.mjs", import.meta.url).href],
    stdio: ["ignore", 2, 2, "ipc"],
    serialization: "advanced",
    env: { ...process.env, TMPDIR: scratch },
    // A group of its own, which can be ended as a whole.
    detached: true,
  });
  return new Promise((resolve) => {
    let outcome: Outcome | undefined;
    const end = (reason: string) => {
      outcome ??= without(reason);
      endTree(child.pid!);
    };
    const timer = setTimeout(
      () => end(`it was ended after ${inWords(limit)}, the limit that PUNCHLINE_LIMIT_MINUTES sets`),
      Math.min(1000 * limit, LONGEST_TIMER),
    );
    const stop = () => end("it was stopped");
    signal?.addEventListener("abort", stop);
    child.on("message", (message) => {
      outcome ??= readOutcome(message);
    });
    child.on("error", ({ message }) => {
      outcome ??= without(message);
    });
    child.on("close", (status, killed) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      // What it left running must not slow the others.
      if (child.pid !== undefined) endTree(child.pid);
      rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
      resolve(outcome ?? without(`its process ended with ${killed ?? `status ${status}`}`));
    });
  });
}
