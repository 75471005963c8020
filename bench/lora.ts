/**
 * One step of LoRA beside one of all weights, on GPT-2 (124M, random weights; forward, backward, clipping, AdamW),
 * each in a process of its own on two threads: tokens a second and peak memory. The peer is Punchline's own step of
 * all weights.
 */
import { gpt2 } from "../src/models/gpt2.ts";
import { type BenchRow, interleave, row } from "./bench.ts";
import { measureLimits } from "./limits/limits.ts";
import { forwardOperations } from "./limits/work.ts";
import { startNode } from "./python.ts";
import { fewest, usualSize } from "./quick.ts";

const sizes = { config: "gpt2", vocabulary: 50257, batch: 4, length: 128 } as const;
const RUNS = fewest(5);

export default async function lora(): Promise<BenchRow[]> {
  const script = new URL("peers/gpt2-step.ts", import.meta.url);
  const [adapters, whole] = [startNode(script), startNode(script)];
  const name = `GPT-2 124M, batch ${sizes.batch}x${sizes.length}, LoRA`;
  const peerName = "all weights";
  const limits = await measureLimits();
  const network = gpt2.build(gpt2.configure(usualSize("gpt2"), sizes.vocabulary));
  // Forward, and the gradient of what each matrix multiplies; the matrices themselves need none.
  const operations = 2 * forwardOperations(network, { rows: 1 });
  const rate = (side: typeof whole) => async () =>
    (sizes.batch * sizes.length) / (await side.ask<{ seconds: number }>({ op: "train" })).seconds;
  const memory = async (side: typeof whole) =>
    (await side.ask<{ megabytes: number }>({ op: "memory" })).megabytes;
  try {
    const setup = await adapters.ask<{ seconds: number }>({ op: "setup", ...sizes, lora: true });
    await whole.ask({ op: "setup", ...sizes });
    const rates = await interleave({ ours: rate(adapters), peer: rate(whole) }, { runs: RUNS, warmup: 1 });
    return [
      row({
        case: name,
        unit: "tokens/s",
        better: "more",
        ours: rates.ours!,
        peer: rates.peer!,
        peerName,
        limit: limits.rate({ operations }),
      }),
      row({
        case: `${name}: peak memory`,
        unit: "MB",
        better: "less",
        ours: await memory(adapters),
        peer: await memory(whole),
        peerName,
      }),
      row({
        case: `${name}: graph made and loaded`,
        unit: "s",
        better: "less",
        ours: setup.seconds,
        peer: { absent: "that of all weights is a row of gpt2-train" },
        peerName: "none",
      }),
    ];
  } finally {
    await adapters.stop();
    await whole.stop();
  }
}
