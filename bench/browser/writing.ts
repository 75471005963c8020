/** The built-in GPT-2 writing in a browser, beside transformers.js on what `punchline export` made of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportModel } from "../../src/export/export.ts";
import { builtInFolder } from "../../src/hub/built-in.ts";
import { type Absent, type BenchRow, median, row } from "../bench.ts";
import type { Peer } from "../python.ts";
import { fewest, quick } from "../quick.ts";
import { type Side, startSide } from "./side.ts";

export type WritingAsk =
  | { readonly op: "setup"; readonly threads: number }
  | { readonly op: "write"; readonly prompt: readonly number[]; readonly tokens: number };

export interface WritingSpeed {
  /** Milliseconds to the first token. */
  readonly first: number;
  /** Tokens a second after it. */
  readonly rate: number;
  /** What was written. */
  readonly ids: readonly number[];
}

const MODEL = "punchline-gpt2";
const PROMPT = 32;
const TOKENS = quick ? 8 : 64;
const RUNS = fewest(5);

export async function writingRows(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const scratch = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  try {
    const out = join(scratch, "export");
    await exportModel(builtInFolder(MODEL), { format: "onnx", out });
    for (const threads of [1, 2]) rows.push(...(await rowsOf(threads, out)));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return rows;
}

async function rowsOf(threads: number, exported: string): Promise<BenchRow[]> {
  const started: Peer[] = [];
  const start = async (side: Side): Promise<Peer | Absent> => {
    const found = await startSide(side);
    if (!("absent" in found)) started.push(found);
    return found;
  };
  try {
    const own = await start({
      script: "ours-writing.ts",
      name: "Punchline",
      files: { model: builtInFolder(MODEL) },
    });
    const peer = await start({
      script: "transformers-writing.ts",
      name: "transformers.js",
      packages: ["@huggingface/transformers", "onnxruntime-web"],
      files: { export: exported },
    });
    if ("absent" in own) throw new Error(own.absent);
    const sides = [own, ...("absent" in peer ? [] : [peer])];
    for (const side of sides) await side.ask({ op: "setup", threads });
    const prompt = Array.from({ length: PROMPT }, (_, i) => (i * 619) % 4000);
    const speeds = new Map<Peer, WritingSpeed[]>(sides.map((side) => [side, []]));
    for (let run = -1; run < RUNS; run++)
      for (const side of sides) {
        const speed = await side.ask<WritingSpeed>({ op: "write", prompt, tokens: TOKENS });
        if (run >= 0) speeds.get(side)!.push(speed);
      }
    const middle = (side: Peer, of: "first" | "rate") => median(speeds.get(side)!.map((speed) => speed[of]));
    const theirs = (of: "first" | "rate"): number | Absent => ("absent" in peer ? peer : middle(peer, of));
    const peerName = "absent" in peer ? "transformers.js" : peer.name;
    const same = "absent" in peer || String(speeds.get(own)![0]!.ids) === String(speeds.get(peer)![0]!.ids);
    const note = same ? undefined : "the two wrote different tokens";
    const name = `${MODEL} writing, ${threads === 1 ? "one thread" : `${threads} threads`}`;
    return [
      row({
        case: name,
        unit: "tokens/s",
        better: "more",
        ours: middle(own, "rate"),
        peer: theirs("rate"),
        peerName,
        ...(note ? { note } : {}),
      }),
      row({
        case: `${name}: first token after ${PROMPT}`,
        unit: "ms",
        better: "less",
        ours: middle(own, "first"),
        peer: theirs("first"),
        peerName,
      }),
    ];
  } finally {
    for (const side of started) await side.stop();
  }
}
