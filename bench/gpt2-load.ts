/**
 * From a GPT-2 folder (124M, random weights, files in the system's cache) to the first token after a 64-token
 * prompt: of the whole command, `punchline sample`, and of the model alone in a fresh process, with the memory
 * that it then holds. Needs `npm run build`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchRow, median, row } from "./bench.ts";
import { secondsToFirstToken } from "./gpt2/command.ts";
import { promptText, writeGpt2 } from "./gpt2/folder.ts";
import { startNode } from "./python.ts";
import { fewest } from "./quick.ts";

const RUNS = fewest(3);
const none = { absent: "no peer opens this folder here" };

const cases = [
  { name: "float32", quantize: undefined, aim: "2.0 s" },
  { name: "8 bits, packed before", quantize: "q8", aim: undefined },
  { name: "4 bits, packed before", quantize: "q4", aim: "1.2 s" },
] as const;

export default async function gpt2Load(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  try {
    await writeGpt2(folder);
    const rows: BenchRow[] = [];
    for (const { name, quantize, aim } of cases) {
      const commands: number[] = [];
      const loads: { seconds: number; megabytes: number }[] = [];
      for (let run = -1; run < RUNS; run++) {
        const command = await secondsToFirstToken(
          folder,
          promptText,
          quantize ? ["--quantize", quantize] : [],
        );
        const load = await loadFresh(folder, quantize);
        if (run < 0) continue;
        commands.push(command);
        loads.push(load);
      }
      const what = `GPT-2 124M, ${name}`;
      const figure = (about: string, unit: string, values: readonly number[], note?: string) =>
        row({
          case: `${what}: ${about}`,
          unit,
          better: "less",
          ours: median(values),
          peer: none,
          peerName: "none",
          ...(note === undefined ? {} : { note }),
        });
      rows.push(
        figure("from command to first token", "s", commands, aim && `the aim is ${aim} at most`),
        figure(
          "the model to its first token",
          "s",
          loads.map(({ seconds }) => seconds),
        ),
        figure(
          "memory for it",
          "MB",
          loads.map(({ megabytes }) => megabytes),
        ),
      );
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function loadFresh(
  folder: string,
  quantize: string | undefined,
): Promise<{ seconds: number; megabytes: number }> {
  const fresh = startNode(new URL("peers/gpt2-first-token.ts", import.meta.url));
  const result = await fresh.ask<{ seconds: number; megabytes: number }>({ folder, quantize, prompt: 64 });
  await fresh.stop();
  return result;
}
