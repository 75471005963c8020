/**
 * `npm run bench -- NAME [--json]`: runs a benchmark and shows our figure, the peer's and the ratio.
 *
 * `all` runs every benchmark, and begins with the machine and its limits. Without a name it lists them. Exit status as everywhere: 0 done, 1 failed, 2 wrong usage.
 */
import { failureOf, failureText } from "../src/cli/output/failure.ts";
import { terminal } from "../src/cli/output/terminal.ts";
import { runBenchmarks } from "./runner.ts";

const stdout = terminal(process.stdout, process.env);
const stderr = terminal(process.stderr, process.env);
try {
  const progress = (line: string) => stderr.write(`${line}\n`);
  const words = process.argv.slice(2);
  stdout.write(`${await runBenchmarks(words, import.meta.dirname, stdout.columns, progress)}\n`);
} catch (error) {
  const { status } = failureOf(error);
  stderr.write(failureText(error, stderr.style, status === 1));
  process.exitCode = status;
}
