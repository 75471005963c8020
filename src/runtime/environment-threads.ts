/** How many threads compute where a program or a command line does not say. */
import { UsageError } from "../core/errors.ts";

const NAME = "PUNCHLINE_THREADS";

/**
 * `PUNCHLINE_THREADS` of the environment: for machines on which several processes compute at the same time, which would
 * each take all cores. Undefined where it is not set.
 * @throws UsageError for anything but a whole number of 1 or more
 */
export function environmentThreads(): number | undefined {
  const given = process.env[NAME] ?? "";
  if (given === "") return undefined;
  const threads = Number(given);
  if (!(Number.isInteger(threads) && threads >= 1))
    throw new UsageError(`${NAME} must be a whole number of 1 or more, not "${given}".`, { value: given });
  return threads;
}
