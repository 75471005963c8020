/**
 * One training step of a character LSTM (forward, backward, clipping, AdamW), beside PyTorch's, on two
 * threads; how long its graph takes to make; and the peak memory of both processes.
 */
import { type BenchRow, interleave, row } from "./bench.ts";
import { type Peer, startNode, startPeer } from "./python.ts";

const cases = [
  { name: "LSTM 1x256, batch 32x64", embedding: 64, hidden: 256, layers: 1, batch: 32, steps: 64, n: 20 },
  { name: "LSTM 2x512, batch 64x100", embedding: 64, hidden: 512, layers: 2, batch: 64, steps: 100, n: 2 },
] as const;

/** GFLOPS under which a PyTorch has no BLAS worth the name. */
const SLOW_BLAS = 20;

export default async function lstm(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { name, n, ...sizes } of cases) {
    const ours = startNode(new URL("peers/lstm-step.ts", import.meta.url));
    const peer = await startPeer(new URL("peers/lstm.py", import.meta.url), { threads: 2 });
    const absent = "absent" in peer ? peer : undefined;
    const { seconds } = await ours.ask<{ seconds: number }>({ op: "setup", ...sizes });
    const speed =
      "absent" in peer ? 0 : (await peer.ask<{ gigaflops: number }>({ op: "setup", ...sizes })).gigaflops;
    const note =
      "absent" in peer || speed > SLOW_BLAS
        ? {}
        : {
            note: `this PyTorch multiplies at ${speed.toFixed(0)} GFLOPS only: install a fast BLAS (Debian: libopenblas0-pthread)`,
          };
    const rate = (side: Peer) => async () => (await side.ask<{ rate: number }>({ op: "run", n })).rate;
    const megabytes = async (side: Peer) =>
      (await side.ask<{ megabytes: number }>({ op: "memory" })).megabytes;
    const medians: { ours: number; peer?: number } =
      "absent" in peer
        ? await interleave({ ours: rate(ours) })
        : await interleave({ ours: rate(ours), peer: rate(peer) });
    const peerName = "absent" in peer ? "PyTorch" : peer.name;
    const memory = {
      ours: await megabytes(ours),
      peer: "absent" in peer ? undefined : await megabytes(peer),
    };
    rows.push(
      row({
        case: name,
        unit: "characters/s",
        better: "more",
        ours: medians.ours,
        peer: medians.peer ?? absent!,
        peerName,
        ...note,
      }),
      row({
        case: `${name}: peak memory`,
        unit: "MB",
        better: "less",
        ours: memory.ours,
        peer: memory.peer ?? absent!,
        peerName,
      }),
      row({
        case: `${name}: graph made and loaded`,
        unit: "s",
        better: "less",
        ours: seconds,
        peer: { absent: "PyTorch makes none" },
        peerName: "none",
      }),
    );
    await ours.stop();
    if (!("absent" in peer)) await peer.stop();
  }
  return rows;
}
