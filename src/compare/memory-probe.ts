/**
 * The program that {@link peakMemory} runs: loads the model that its argument names, has it answer once, and sends by
 * how many MB the process grew at most.
 */
import { peakBytes } from "../files/peak-bytes.ts";
import { nodeBackend } from "../runtime/node.ts";
import { readCloze } from "./cloze.ts";
import { openLocal } from "./local-runner.ts";
import { warmUpRuntime } from "./machine.ts";
import type { MemoryProbe } from "./memory.ts";
import { deviceOf } from "./options.ts";
import { openTransformersJs } from "./transformers-js/runner.ts";

const { program, name, precision, texts, options } = JSON.parse(process.argv[2]!) as MemoryProbe;
await warmUpRuntime(nodeBackend(deviceOf(options)));
const before = peakBytes();
const open = program === "punchline" ? openLocal : openTransformersJs;
const { release } = await open({ name, label: name, precision, cloze: readCloze(texts), options });
const megabytes = Math.round((peakBytes() - before) / 1e5) / 10;
await release();
process.send?.(megabytes, () => process.exit(0));
