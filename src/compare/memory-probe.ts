/**
 * The program that {@link peakMemory} runs: loads the model that its argument names, has it answer once, and sends by
 * how many MB the process grew at most.
 */
import { readFileSync } from "node:fs";
import { nodeBackend } from "../runtime/node.ts";
import { readCloze } from "./cloze.ts";
import { openLocal } from "./local-runner.ts";
import { warmUpRuntime } from "./machine.ts";
import type { MemoryProbe } from "./memory.ts";
import { deviceOf } from "./options.ts";
import { openTransformersJs } from "./transformers-js/runner.ts";

/** The most bytes so far, from the kernel; where it keeps no such count, the bytes of now. */
function peak(): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))!;
    return 1024 * Number(kilobytes);
  } catch {
    return process.memoryUsage.rss();
  }
}

const { program, name, precision, texts, options } = JSON.parse(process.argv[2]!) as MemoryProbe;
await warmUpRuntime(nodeBackend(deviceOf(options)));
const before = peak();
const open = program === "punchline" ? openLocal : openTransformersJs;
const { release } = await open({ name, label: name, precision, cloze: readCloze(texts), options });
const megabytes = Math.round((peak() - before) / 1e5) / 10;
await release();
process.send?.(megabytes, () => process.exit(0));
