/** Runs the benchmark in the file that it is given, and sends its rows, or why there are none, to the process that started it. */
import type { Bench } from "../bench.ts";

const [url] = process.argv.slice(2) as [string];
// Without the process that started it, nobody waits for the rows, and nobody keeps its limit of time.
process.once("disconnect", () => process.exit(1));
// That alone keeps no process alive whose work is over.
process.channel?.unref();
let outcome: object;
try {
  const module: { default: Bench } = await import(url);
  outcome = { rows: await module.default() };
} catch (error) {
  outcome = { reason: error instanceof Error ? error.message : String(error) };
}
// What a benchmark left open must not keep the others waiting.
process.send!(outcome, () => process.exit());
