/**
 * How much memory a model takes: the peak of a process of its own that loads it and answers once, above what the
 * same process took before, with the runtime loaded.
 */
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ChosenOptions, type ModelRequest, textsOf } from "./options.ts";
import type { EngineName, Precision } from "./results.ts";

/** What the process is asked; plain data. */
export interface MemoryProbe {
  readonly program: EngineName;
  readonly name: string;
  readonly precision: Precision;
  readonly texts: readonly string[];
  readonly options: Pick<ChosenOptions, "device" | "threads" | "packages">;
}

/** The built program; there is none where Punchline runs from its sources. */
const file = fileURLToPath(new URL("./memory-probe.js", import.meta.url));

/** MB (10^6 bytes), or undefined where nothing is measured, or the process cannot be run or fails. */
export async function peakMemory(
  program: EngineName,
  { name, precision, options }: ModelRequest,
): Promise<number | undefined> {
  const { runs, signal, device, threads, packages } = options;
  if (runs === 0 || !existsSync(file)) return undefined;
  const texts = textsOf(options);
  const probe: MemoryProbe = { program, name, precision, texts, options: { device, threads, packages } };
  return new Promise((resolve) => {
    const child = fork(file, [JSON.stringify(probe)], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
      signal,
    });
    let found: number | undefined;
    child.on("message", (megabytes) => {
      found = Number(megabytes);
    });
    child.on("error", () => {});
    child.on("close", () => resolve(found));
  });
}
