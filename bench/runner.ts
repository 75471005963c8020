/** Finds the benchmarks of a folder, runs those that are named, and shows their rows. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Interrupt } from "../src/cli/interrupt.ts";
import { table } from "../src/cli/output/table.ts";
import { didYouMean } from "../src/core/did-you-mean.ts";
import { UsageError } from "../src/core/errors.ts";
import { runAll } from "./all/all.ts";
import { describeMachine, machineText } from "./all/machine.ts";
import type { Bench, BenchRow } from "./bench.ts";
import { amount, quick } from "./quick.ts";

/** In place of a name: every benchmark. */
const ALL = "all";

/** The modules in this folder that are no benchmarks. */
const tools = new Set(
  ["bench", "javascript", "main", "one-of", "processes", "python", "quick", "runner"].map(
    (name) => `${name}.ts`,
  ),
);

/** Minutes that a benchmark may take among all, as PUNCHLINE_LIMIT_MINUTES may say; the second in a quick run. */
const LIMIT_MINUTES = [120, 3] as const;

/** The benchmarks in `folder`, by name. */
function benchmarks(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !tools.has(file))
    .map((file) => file.slice(0, -3))
    .sort();
}

function readWords(words: readonly string[]): { names: string[]; json: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: { json: { type: "boolean", default: false } },
      allowPositionals: true,
    });
    return { names: positionals, json: values.json };
  } catch (error) {
    throw new UsageError(
      `${(error as Error).message.split(". ")[0]}; usage: npm run bench -- NAME [--json].`,
    );
  }
}

function shown(rows: readonly BenchRow[], width: number): string {
  const limited = rows.some((row) => row.share !== undefined);
  const figures = ["ours", "peer", "ratio", ...(limited ? ["of limit"] : [])];
  const columns = [
    { header: "case", wrap: true },
    { header: "unit" },
    ...figures.map((header) => ({ header, align: "right" as const })),
    { header: "peer's name", wrap: true },
  ];
  const cells = rows.map((row) => [
    row.case,
    row.unit,
    figure(row.ours),
    row.peer === null ? "none" : figure(row.peer),
    row.ratio === null ? "" : `${row.ratio.toFixed(2)}x`,
    ...(limited ? [row.share === undefined ? "" : `${(100 * row.share).toFixed(0)} %`] : []),
    row.peer_name,
  ]);
  const notes = rows.filter((row) => row.note).map((row) => `${row.case}: ${row.note}`);
  return [table(columns, cells, { width }), ...notes].join("\n");
}

/** Three or more figures, whatever the size; of very small ones two. */
function figure(value: number): string {
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) return value.toExponential(1);
  return value.toLocaleString("en-US", { maximumFractionDigits: size >= 100 ? 0 : size >= 10 ? 1 : 3 });
}

/**
 * Runs the benchmarks of `folder` that `words` name.
 * @param progress called with lines for people while all of them run
 * @param interrupt read where all of them run: then it ends the one under way, and leaves out the rest
 * @returns what to print: a table of at most `columns`, or under `--json` the document `{rows}`, for all of them
 * `{machine, quick, rows, left_out}`
 * @throws UsageError where no benchmark, or an unknown one, is named.
 */
export async function runBenchmarks(
  words: readonly string[],
  folder: string,
  columns: number,
  progress: (line: string) => void = () => {},
  interrupt?: Pick<Interrupt, "signal">,
): Promise<string> {
  const { names, json } = readWords(words);
  const known = benchmarks(folder);
  if (names.length === 0) {
    throw new UsageError(
      `Name a benchmark: npm run bench -- NAME [--json]; known are: ${known.join(", ") || "none"}; or ${ALL}.`,
    );
  }
  const unknown = names.find((name) => name !== ALL && !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no benchmark "${unknown}"; ${didYouMean(unknown, known)}`);
  if (names.includes(ALL)) return everything(known, folder, { columns, json, progress, interrupt });
  const rows: BenchRow[] = [];
  for (const name of names) {
    const module: { default: Bench } = await import(pathToFileURL(join(folder, `${name}.ts`)).href);
    rows.push(...(await module.default()));
  }
  return json ? JSON.stringify({ rows }) : shown(rows, columns);
}

/** Stands beside the machine. */
const QUICK =
  "quick run     the fewest runs, the shortest trainings and small models: it shows that all work, not how fast";

interface Output {
  readonly columns: number;
  readonly json: boolean;
  readonly progress: (line: string) => void;
  readonly interrupt: Pick<Interrupt, "signal"> | undefined;
}

/** The machine, then the rows of every benchmark, then those without rows. */
async function everything(
  names: readonly string[],
  folder: string,
  { columns, json, progress, interrupt }: Output,
): Promise<string> {
  const limit = 60 * amount("PUNCHLINE_LIMIT_MINUTES", ...LIMIT_MINUTES);
  const machine = await describeMachine();
  const about = [machineText(machine), ...(quick ? [QUICK] : [])].join("\n");
  progress(about);
  const { rows, left_out: leftOut } = await runAll(names, folder, {
    limit,
    progress,
    signal: interrupt?.signal,
  });
  if (json) return JSON.stringify({ machine, quick, rows, left_out: leftOut });
  const tables = names.flatMap((name) => {
    const own = rows.filter(({ benchmark }) => benchmark === name);
    return own.length === 0 ? [] : [`${name}\n\n${shown(own, columns)}`];
  });
  const missing = leftOut.map(({ benchmark, reason }) => `${benchmark}: left out. ${reason}`);
  return [about, ...tables, ...(missing.length > 0 ? [missing.join("\n")] : [])].join("\n\n");
}
