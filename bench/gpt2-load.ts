/**
 * From a GPT-2 folder (124M, random weights, files in the system's cache) to the first token after a 64-token
 * prompt, in a fresh process: seconds, and memory beside the weights' own.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gpt2 } from "../src/models/gpt2.ts";
import { writeRandomFolder } from "../test/torch/forward.ts";
import { type BenchRow, median, row } from "./bench.ts";
import { startNode } from "./python.ts";

const RUNS = 3;
const none = { absent: "no peer opens this folder here" };

export default async function gpt2Load(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  try {
    await writeRandomFolder(gpt2.build(gpt2.configure({ config: "gpt2" }, 50257)), folder);
    const rows: BenchRow[] = [];
    for (const [name, quantize] of [
      ["float32", undefined],
      ["4 bits, packed before", "q4"],
    ] as const) {
      const found: { seconds: number; megabytes: number }[] = [];
      for (let run = -1; run < RUNS; run++) {
        const fresh = startNode(new URL("peers/gpt2-first-token.ts", import.meta.url));
        const result = await fresh.ask<{ seconds: number; megabytes: number }>({
          folder,
          quantize,
          prompt: 64,
        });
        await fresh.stop();
        if (run >= 0) found.push(result);
      }
      const shared = { better: "less", peer: none, peerName: "none" } as const;
      const name124 = `GPT-2 124M, ${name}`;
      rows.push(
        row({
          ...shared,
          case: `${name124}: to the first token`,
          unit: "s",
          ours: median(found.map((f) => f.seconds)),
        }),
        row({
          ...shared,
          case: `${name124}: memory for it`,
          unit: "MB",
          ours: median(found.map((f) => f.megabytes)),
        }),
      );
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}
