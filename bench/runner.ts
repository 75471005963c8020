/** Finds the benchmarks of a folder, runs those that are named, and shows their rows. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../src/cli/output/table.ts";
import { didYouMean, UsageError } from "../src/core/errors.ts";
import type { Bench, BenchRow } from "./bench.ts";

/** The modules in this folder that are no benchmarks. */
const tools = new Set(["bench.ts", "javascript.ts", "main.ts", "python.ts", "runner.ts"]);

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
  const columns = [
    { header: "case", wrap: true },
    { header: "unit" },
    ...["ours", "peer", "ratio"].map((header) => ({ header, align: "right" as const })),
    { header: "peer's name", wrap: true },
  ];
  const cells = rows.map((row) => [
    row.case,
    row.unit,
    figure(row.ours),
    row.peer === null ? "none" : figure(row.peer),
    row.ratio === null ? "" : `${row.ratio.toFixed(2)}x`,
    row.peer_name,
  ]);
  const notes = rows.filter((row) => row.note).map((row) => `${row.case}: ${row.note}`);
  return [table(columns, cells, { width }), ...notes].join("\n");
}

/** Three or more figures, whatever the size. */
function figure(value: number): string {
  const size = Math.abs(value);
  return value.toLocaleString("en-US", { maximumFractionDigits: size >= 100 ? 0 : size >= 10 ? 1 : 3 });
}

/**
 * Runs the benchmarks of `folder` that `words` name.
 * @returns what to print: a table of at most `columns`, or under `--json` the document `{rows}`.
 * @throws UsageError where no benchmark, or an unknown one, is named.
 */
export async function runBenchmarks(
  words: readonly string[],
  folder: string,
  columns: number,
): Promise<string> {
  const { names, json } = readWords(words);
  const known = benchmarks(folder);
  if (names.length === 0) {
    throw new UsageError(
      `Name a benchmark: npm run bench -- NAME [--json]; known are: ${known.join(", ") || "none"}.`,
    );
  }
  const unknown = names.find((name) => !known.includes(name));
  if (unknown) throw new UsageError(`There is no benchmark "${unknown}"; ${didYouMean(unknown, known)}`);
  const rows: BenchRow[] = [];
  for (const name of names) {
    const module: { default: Bench } = await import(pathToFileURL(join(folder, `${name}.ts`)).href);
    rows.push(...(await module.default()));
  }
  return json ? JSON.stringify({ rows }) : shown(rows, columns);
}
