/**
 * How much memory a model takes: the peak of a process of its own that loads it and answers once, above what the
 * same process has taken before with the runtime loaded.
 */
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CompareOptions, textsOf } from "./options.ts";
import type { EngineName, Precision } from "./results.ts";

/** What the process is asked; plain data. */
export interface MemoryQuestion {
  readonly name: string;
  readonly engine: EngineName;
  readonly precision: Precision;
  readonly texts: readonly string[];
  readonly options: Pick<CompareOptions, "device" | "threads" | "packages">;
}

export function memoryQuestion(
  name: string,
  engine: EngineName,
  precision: Precision,
  given: CompareOptions,
): MemoryQuestion {
  const { device, threads, packages } = given;
  const options = {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(packages === undefined ? {} : { packages }),
  };
  return { name, engine, precision, texts: textsOf(given), options };
}

/** The built program; there is none where Punchline runs from its sources. */
const probe = fileURLToPath(new URL("./memory-probe.js", import.meta.url));

/** MB (10^6 bytes), or undefined where nothing is measured, or the process cannot be run or does not get that far. */
export async function peakMemory(
  question: MemoryQuestion,
  { runs, signal }: CompareOptions,
): Promise<number | undefined> {
  if (runs === 0 || !existsSync(probe)) return undefined;
  return new Promise((resolve) => {
    const child = fork(probe, [JSON.stringify(question)], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
      ...(signal ? { signal } : {}),
    });
    let found: number | undefined;
    child.on("message", (megabytes) => {
      found = Number(megabytes);
    });
    child.on("error", () => {});
    child.on("close", () => resolve(found));
  });
}
