/** Every benchmark in one go, each in a process of its own, so that one that fails does not stop the others. */
import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BenchRow } from "../bench.ts";

/** Rows of all benchmarks, each with the benchmark's name, and which gave none and why. */
export interface AllRows {
  readonly rows: readonly (BenchRow & { readonly benchmark: string })[];
  /** No data, or a failure. */
  readonly left_out: readonly { readonly benchmark: string; readonly reason: string }[];
}

type Outcome = { readonly rows: readonly BenchRow[] } | { readonly reason: string };

/**
 * Runs the benchmarks `names` of `folder`, one after the other.
 * @param progress called with a line before and after each
 */
export async function runAll(
  names: readonly string[],
  folder: string,
  progress: (line: string) => void,
): Promise<AllRows> {
  const rows: AllRows["rows"][number][] = [];
  const leftOut: AllRows["left_out"][number][] = [];
  for (const [i, benchmark] of names.entries()) {
    progress(`${i + 1} of ${names.length}: ${benchmark}`);
    const begun = performance.now();
    const outcome = await runApart(join(folder, `${benchmark}.ts`));
    if ("rows" in outcome) rows.push(...outcome.rows.map((row) => ({ benchmark, ...row })));
    else leftOut.push({ benchmark, reason: outcome.reason });
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    progress(
      `  ${"rows" in outcome ? `${outcome.rows.length} rows` : `none: ${outcome.reason}`}, ${seconds} s`,
    );
  }
  return { rows, left_out: leftOut };
}

/** The outcome of one benchmark; what it prints on the way goes to standard error. */
function runApart(path: string): Promise<Outcome> {
  const child = fork(fileURLToPath(new URL("child.ts", import.meta.url)), [pathToFileURL(path).href], {
    execArgv: ["--import", new URL("../register.mjs", import.meta.url).href],
    stdio: ["ignore", 2, 2, "ipc"],
  });
  return new Promise((resolve) => {
    let outcome: Outcome | undefined;
    child.on("message", (message) => {
      outcome = message as Outcome;
    });
    child.on("error", ({ message }) => {
      outcome ??= { reason: message };
    });
    child.on("close", (status, signal) => {
      resolve(outcome ?? { reason: `its process ended with ${signal ?? `status ${status}`}` });
    });
  });
}
