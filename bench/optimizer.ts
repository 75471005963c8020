/** AdamW over as many parameters as GPT-2 has: the kernel, beside PyTorch on two threads and a plain loop. */
import { adamw } from "../src/optim/adamw.ts";
import { Arena } from "../src/runtime/arena.ts";
import { type BenchRow, interleave, row, time } from "./bench.ts";
import { startPeer } from "./python.ts";

const PARAMETERS = 124_439_808;

export default async function optimizer(): Promise<BenchRow[]> {
  const arena = Arena.create([{ name: "all", shape: [PARAMETERS], decay: true }], { moments: 2 });
  arena.parameters.all!.data.fill(0.5);
  arena.gradients.all!.data.fill(0.01);
  const kernel = adamw({ weightDecay: 0.01 });
  let step = 0;
  const ours = () => time(() => kernel.step(arena, { step: ++step, lr: 1e-4, gradScale: 1 }));
  const loop = () => time(() => plainLoop(arena, ++step));
  const peer = await startPeer(new URL("peers/optimizer.py", import.meta.url), { threads: 2 });
  const what = { case: "AdamW over 124M parameters", unit: "ms", better: "less" as const };
  const plain = await interleave({ ours, loop }, { runs: 3 });
  const rows = [
    row({ ...what, ours: plain.ours, peer: plain.loop, peerName: "the same loop in TypeScript" }),
  ];
  if ("absent" in peer) return [...rows, row({ ...what, ours: plain.ours, peer, peerName: "PyTorch" })];
  await peer.ask({ op: "setup", n: PARAMETERS });
  const theirs = async () => (await peer.ask<{ ms: number }>({ op: "step" })).ms;
  const both = await interleave({ ours, theirs });
  await peer.stop();
  return [...rows, row({ ...what, ours: both.ours, peer: both.theirs, peerName: `${peer.name}, 2 threads` })];
}

function plainLoop(arena: Arena, step: number): void {
  const [p, g, m, v] = [arena.parameters, arena.gradients, arena.moment1, arena.moment2].map(
    (views) => views.all!.data,
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const lr = 1e-4;
  const root = Math.sqrt(1 - 0.999 ** step);
  const size = (lr * root) / (1 - 0.9 ** step);
  for (let i = 0; i < p.length; i++) {
    m[i] = 0.9 * m[i]! + 0.1 * g[i]!;
    v[i] = 0.999 * v[i]! + 0.001 * g[i]! * g[i]!;
    p[i] = p[i]! * (1 - lr * 0.01) - (size * m[i]!) / (Math.sqrt(v[i]!) + 1e-8 * root);
  }
}
