/**
 * `npm run bench -- NAME [--json]`: runs a benchmark and shows our figure, the peer's and the ratio.
 *
 * `all` runs every benchmark, and begins with the machine and its limits. Without a name it lists them. Exit
 * status as everywhere: 0 done, 1 failed, 2 wrong usage; after Ctrl-C, which ends `all` with the rows so far, 130.
 */
import { createInterrupt } from "../src/cli/interrupt.ts";
import { failureOf, failureText } from "../src/cli/output/failure.ts";
import { terminal } from "../src/cli/output/terminal.ts";
import { runBenchmarks } from "./runner.ts";

const stdout = terminal(process.stdout, process.env);
const stderr = terminal(process.stderr, process.env);
const interrupt = createInterrupt((text) => stderr.write(`\n${text}\n`));
try {
  const progress = (line: string) => stderr.write(`${line}\n`);
  const words = process.argv.slice(2);
  const text = await runBenchmarks(words, import.meta.dirname, stdout.columns, progress, interrupt);
  await new Promise<void>((written) => process.stdout.write(`${text}\n`, () => written()));
} catch (error) {
  const { status } = failureOf(error);
  stderr.write(failureText(error, stderr.style, status === 1));
  process.exitCode = status;
} finally {
  interrupt.dispose();
}
// The shell learns that it was a signal.
if (interrupt.received !== undefined) process.kill(process.pid, interrupt.received);
