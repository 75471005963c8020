/** Punchline's side of the training benchmarks, in a process of its own, so that its peak memory can be told. */
import { createInterface } from "node:readline";
import { peakBytes } from "../../src/files/peak-bytes.ts";
import { nodeBackend } from "../../src/runtime/node.ts";
import { trainingSide } from "./side.ts";

const answerTo = trainingSide(({ threads = 2, device = "cpu" }) => nodeBackend({ device, threads }));

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  const answer = ask.op === "memory" ? { megabytes: peakBytes() / 2 ** 20 } : await answerTo(ask);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
