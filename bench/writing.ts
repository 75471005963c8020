/**
 * Recurrent networks of 512 units that write, one text and 64 side by side, each character drawn from the model's
 * probabilities; beside PyTorch, on two threads, and beside what the products of a character alone would allow.
 */
import { architectureOf } from "../src/models/registry.ts";
import { type BenchRow, interleave, plain, row } from "./bench.ts";
import { startNode, startPeer } from "./python.ts";

const SECONDS = 0.3;
const options = { layers: 1, width: 512, embedding: 64, dropout: 0 };
const vocabulary = 100;

export default async function writing(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const model of ["char-lstm", "char-gru"]) {
    for (const texts of [1, 64]) rows.push(...(await compare(model, texts)));
  }
  return rows;
}

async function compare(model: string, texts: number): Promise<BenchRow[]> {
  const config = architectureOf(model).configure(options, vocabulary);
  const ours = startNode(new URL("writing/side.ts", import.meta.url));
  const peer = await startPeer(new URL("writing/side.py", import.meta.url), { threads: 2 });
  const sides = [ours, ...("absent" in peer ? [] : [peer])];
  const rate = (side: typeof ours, op: string) => async () =>
    (await side.ask<{ rate: number }>({ op, seconds: SECONDS })).rate;
  try {
    for (const side of sides) await side.ask({ op: "setup", config, texts });
    const contestants: Record<string, () => Promise<number>> = {
      ours: rate(ours, "write"),
      products: rate(ours, "products"),
    };
    if (!("absent" in peer)) contestants.peer = rate(peer, "write");
    const found = await interleave(contestants);
    const title = `${model} 1x${options.width} writing, ${texts === 1 ? "one text" : `${texts} texts`}`;
    const share = `${((100 * found.ours!) / found.products!).toFixed(0)} % of what its products alone would allow`;
    return [
      row({
        case: title,
        unit: "characters/s",
        better: "more",
        ours: found.ours!,
        peer: "absent" in peer ? peer : found.peer!,
        peerName: "absent" in peer ? "PyTorch" : peer.name,
        note: share,
      }),
      plain(`${title}: its products alone`, "characters/s", found.products!),
    ];
  } finally {
    for (const side of sides) await side.stop();
  }
}
