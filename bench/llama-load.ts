/**
 * From the command to the first token of a Llama of SmolLM2-135M's shape (random weights) in 4 bits, packed before, after
 * a prompt of 64 tokens. Needs `npm run build`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchRow, median, row } from "./bench.ts";
import { secondsToFirstToken } from "./gpt2/command.ts";
import { promptText } from "./gpt2/folder.ts";
import { smolTitle, writeSmol } from "./gpt2/smol.ts";
import { fewest } from "./quick.ts";

const RUNS = fewest(5);

export default async function llamaLoad(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  try {
    await writeSmol(folder);
    const seconds: number[] = [];
    // The first run packs the weights.
    for (let run = -1; run < RUNS; run++) {
      const taken = await secondsToFirstToken(folder, promptText, ["--quantize", "q4"]);
      if (run >= 0) seconds.push(taken);
    }
    return [
      row({
        case: `${smolTitle}, 4 bits, packed before: from command to first token`,
        unit: "s",
        better: "less",
        ours: median(seconds),
        peer: 1,
        peerName: "the aim",
      }),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}
