/**
 * How long benchmarks take. In a quick run (`PUNCHLINE_QUICK=1`) each has the fewest runs, the shortest trainings and small
 * models: it shows that all of them work, and its figures say nothing about speed.
 */
import { UsageError } from "../src/core/errors.ts";

export const quick = process.env.PUNCHLINE_QUICK === "1";

/** As many measured runs; in a quick run one. */
export const fewest = (runs: number): number => (quick ? 1 : runs);

/** The sizes of a transformer in a quick run; its heads are as wide as usual ones. */
export const small = { layers: 2, width: 192, heads: 3 } as const;

/** The options of a transformer of a usual size; in a quick run two layers of 192. */
export const usualSize = (config: string): Readonly<Record<string, string | number>> =>
  quick ? { config, ...small } : { config };

/**
 * The number in a variable of the environment; where it is not set `usual`, and in a quick run `short`.
 * @throws {UsageError} for what is no number above 0
 */
export function amount(variable: string, usual: number, short: number): number {
  const text = process.env[variable];
  if (text === undefined) return quick ? short : usual;
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UsageError(`${variable} must be a number above 0, not ${JSON.stringify(text)}.`);
}
