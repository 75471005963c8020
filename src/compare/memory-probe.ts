/**
 * The program that {@link peakMemory} runs: loads the model that its argument names, has it answer once, and sends
 * by how many MB the process grew at most.
 */
import { readFileSync } from "node:fs";
import { nodeBackend } from "../runtime/node.ts";
import { readBlank } from "./blank.ts";
import { openLocalEngine } from "./local.ts";
import { wakeRuntime } from "./machine.ts";
import type { MemoryQuestion } from "./memory.ts";
import { deviceOf } from "./options.ts";
import { openTransformersJs } from "./transformers-js/contender.ts";

/** Bytes at the most so far: the kernel's own account, or what there is now where no kernel tells. */
function peak(): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))!;
    return 1024 * Number(kilobytes);
  } catch {
    return process.memoryUsage.rss();
  }
}

const question = JSON.parse(process.argv[2]!) as MemoryQuestion;
const { engine, name, precision, texts, options } = question;
await wakeRuntime(nodeBackend(deviceOf(options)));
const before = peak();
const open = engine === "punchline" ? openLocalEngine : openTransformersJs;
const { release } = await open(name, name, precision, readBlank(texts), options);
const megabytes = Math.round((peak() - before) / 1e5) / 10;
await release();
process.send?.(megabytes, () => process.exit(0));
