/**
 * One training step of GPT-2 (124M, random weights; forward, backward, clipping, AdamW) beside PyTorch's, on
 * two threads: tokens a second, peak memory of both processes, and how near the step comes to its products
 * of matrices alone.
 */
import { gpt2 } from "../src/models/gpt2.ts";
import { type BenchRow, median, row } from "./bench.ts";
import { measureLimits } from "./limits/limits.ts";
import { forwardOperations } from "./limits/work.ts";
import { startNode, startPeer } from "./python.ts";
import { fewest, quick, small, usualSize } from "./quick.ts";

const sizes = {
  vocabulary: 50257,
  context: 1024,
  ...(quick ? small : { layers: 12, width: 768, heads: 12 }),
} as const;
const batch = { batch: 4, length: 128 } as const;
const RUNS = fewest(3);

export default async function gpt2Train(): Promise<BenchRow[]> {
  const tokens = batch.batch * batch.length;
  const name = `GPT-2 124M, batch ${batch.batch}x${batch.length}`;
  const limits = await measureLimits();
  const network = gpt2.build(gpt2.configure(usualSize("gpt2"), sizes.vocabulary));
  const operations = 3 * forwardOperations(network, { rows: tokens });
  const ours = startNode(new URL("peers/gpt2-step.ts", import.meta.url));
  const peer = await startPeer(new URL("peers/gpt2.py", import.meta.url), { threads: 2 });
  const present = "absent" in peer ? undefined : peer;
  const peerName = present?.name ?? "PyTorch";
  try {
    const setup = await ours.ask<{ seconds: number }>({ op: "setup", config: "gpt2", ...sizes, ...batch });
    await present?.ask({ op: "setup", ...sizes });
    const memory = async (side: typeof ours) =>
      (await side.ask<{ megabytes: number }>({ op: "memory" })).megabytes;
    const steps: { seconds: number; update: number }[] = [];
    const rates: number[] = [];
    for (let run = -1; run < RUNS; run++) {
      const step = await ours.ask<{ seconds: number; update: number }>({ op: "train" });
      const theirs = await present?.ask<{ rate: number }>({ op: "train", ...batch });
      if (run < 0) continue;
      steps.push(step);
      if (theirs) rates.push(theirs.rate);
    }
    const megabytes = { ours: await memory(ours), peer: present ? await memory(present) : undefined };
    // Beside whole steps, so that whatever else the machine does meets both alike.
    const shares: number[] = [];
    for (let run = -1; run < RUNS; run++) {
      const alone = await ours.ask<{ seconds: number }>({
        op: "products",
        config: "gpt2",
        ...sizes,
        ...batch,
      });
      const whole = await ours.ask<{ seconds: number }>({ op: "train" });
      if (run >= 0) shares.push(alone.seconds / whole.seconds);
    }
    const seconds = median(steps.map((step) => step.seconds));
    const update = median(steps.map((step) => step.update));
    const none = { absent: "PyTorch does not tell it" };
    return [
      row({
        case: name,
        unit: "tokens/s",
        better: "more",
        ours: tokens / seconds,
        peer: present ? median(rates) : (peer as { absent: string }),
        peerName,
        limit: limits.rate({ operations }, tokens),
      }),
      row({
        case: `${name}: peak memory`,
        unit: "MB",
        better: "less",
        ours: megabytes.ours,
        peer: megabytes.peer ?? (peer as { absent: string }),
        peerName,
      }),
      row({
        case: `${name}: share of the speed of its matrix products alone`,
        unit: "%",
        better: "more",
        ours: 100 * median(shares),
        peer: none,
        peerName: "none",
      }),
      row({
        case: `${name}: clipping and AdamW, share of the step`,
        unit: "%",
        better: "less",
        ours: (100 * update) / seconds,
        peer: none,
        peerName: "none",
      }),
      row({
        case: `${name}: graph made and loaded`,
        unit: "s",
        better: "less",
        ours: setup.seconds,
        peer: none,
        peerName: "none",
      }),
    ];
  } finally {
    await ours.stop();
    await present?.stop();
  }
}
