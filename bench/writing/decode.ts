/**
 * Writing with a model of random weights in 32, 8 and 4 bits on two threads: tokens a second and the time to the first
 * one, beside llama.cpp's with its own 32, 8 and 4 bits and transformers.js' with 32, each reading what
 * `punchline export` wrote of the same folder; and several texts at once beside one.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportModel } from "../../src/export/export.ts";
import type { GgufType } from "../../src/export/quantise.ts";
import { loadModel } from "../../src/generate/load.ts";
import type { Quantization } from "../../src/models/quantize.ts";
import { type Absent, type BenchRow, median, rest, row, warm } from "../bench.ts";
import { promptIds } from "../gpt2/folder.ts";
import { startJavaScript } from "../javascript.ts";
import { type Limits, measureLimits, type Work } from "../limits/limits.ts";
import { forwardOperations, weightBytes } from "../limits/work.ts";
import { type Peer, startNode } from "../python.ts";
import { fewest, quick } from "../quick.ts";

const THREADS = 2;
const TOKENS = quick ? 8 : 32;

interface Speed {
  /** Seconds to the first token. */
  readonly first: number;
  /** Tokens a second after it. */
  readonly rate: number;
}

/** What our side does at least; the products of quantised weights, whose limit is not measured, are left out. */
interface Needs {
  /** For one token of each text. */
  readonly token: Work;
  /** For the prompts. */
  readonly prompt: Work;
}

/** One side of the comparison; `write` is absent where the peer is. */
interface Side {
  readonly name: string;
  readonly write: (() => Promise<Speed>) | Absent;
  readonly needs?: Needs;
  stop(): Promise<void>;
}

/** Quantisations here and of llama.cpp, by the bits of a weight. */
const precisions = {
  32: { name: "float32", quantize: undefined, type: "f32" },
  8: { name: "8 bits", quantize: "q8", type: "q8_0" },
  4: { name: "4 bits", quantize: "q4", type: "q4_0" },
} as const;
export const allBits = ["32", "8", "4"] as const;

export interface Writing {
  /** What rows call the model. */
  readonly title: string;
  /** Makes the model's folder. */
  write(folder: string): Promise<void>;
  /** Tokens of the prompt. */
  readonly prompt: number;
  /** Texts written side by side as well, and beside transformers.js. Default: none. */
  readonly many?: number;
  /** Bits of a weight. Default: 32, 8 and 4. */
  readonly bits?: readonly (typeof allBits)[number][];
  /** Runs that count. */
  readonly runs: number;
}

export async function compareWriting(writing: Writing): Promise<BenchRow[]> {
  const { title, write, prompt, many, runs, bits = allBits } = writing;
  const limits = await measureLimits();
  const scratch = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  const sides = new Map<string, Side>();
  try {
    const folder = join(scratch, "model");
    await write(folder);
    for (const { name, quantize, type } of bits.map((count) => precisions[count])) {
      sides.set(name, await ours(folder, 1, quantize, prompt));
      sides.set(`llama ${name}`, await llama(folder, scratch, type, prompt));
    }
    if (many) {
      sides.set(`${many} float32`, await ours(folder, many, undefined, prompt));
      sides.set(`${many} 8 bits`, await ours(folder, many, "q8", prompt));
      sides.set("transformers", await transformers(folder, scratch, prompt));
    }
    const speeds = await measure(sides, runs);
    const compared = (name: string, peer: string, what: string) =>
      rowsOf(`${title}, ${what}`, {
        own: { ...sides.get(name)!, speeds: speeds.get(name)! },
        peer: sides.get(peer)!,
        theirs: speeds.get(peer),
        limits,
      });
    return [
      ...(many ? compared("float32", "transformers", "float32") : []),
      ...bits.flatMap((count) => {
        const { name } = precisions[count];
        return compared(name, `llama ${name}`, name);
      }),
      ...(many ? ["float32", "8 bits"] : []).map((name) =>
        row({
          case: `${title}, ${name}, ${many} texts at once`,
          unit: "tokens/s",
          better: "more",
          ours: rateOf(speeds.get(`${many} ${name}`)!),
          peer: rateOf(speeds.get(name)!),
          peerName: "one text",
          limit: limits.rate(sides.get(`${many} ${name}`)!.needs!.token, many),
        }),
      ),
    ];
  } finally {
    for (const side of sides.values()) await side.stop();
    await rm(scratch, { recursive: true });
  }
}

/** In turns, so that whatever else the machine does meets all alike; the first round warms up. */
async function measure(sides: ReadonlyMap<string, Side>, runs: number): Promise<Map<string, Speed[]>> {
  const speeds = new Map<string, Speed[]>();
  for (let run = -1; run < fewest(runs); run++) {
    for (const [name, { write }] of sides) {
      if (typeof write !== "function") continue;
      await rest();
      const speed = await warm(write)();
      if (run >= 0) speeds.set(name, [...(speeds.get(name) ?? []), speed]);
    }
  }
  return speeds;
}

/** In a process of its own, as the peers: threads of other sessions wait in a loop for a while. */
async function ours(
  folder: string,
  batch: number,
  quantize: Quantization | undefined,
  prompt: number,
): Promise<Side> {
  const lm = await loadModel(folder, quantize ? { quantize } : {});
  const bytes = weightBytes(lm.model, lm.weights);
  const work = (rows: number): Work =>
    quantize ? { bytes } : { bytes, operations: forwardOperations(lm.model, { rows, scored: batch }) };
  const process = startNode(new URL("../peers/gpt2-decode.ts", import.meta.url));
  await process.ask({ op: "setup", folder, batch, threads: THREADS, quantize });
  return {
    name: process.name,
    write: () => process.ask<Speed>({ op: "write", tokens: TOKENS, prompt }),
    needs: { token: work(batch), prompt: work(batch * prompt) },
    stop: () => process.stop(),
  };
}

async function llama(folder: string, scratch: string, type: GgufType, prompt: number): Promise<Side> {
  const peer = startJavaScript(new URL("../peers/llama.ts", import.meta.url), "llama");
  if ("absent" in peer) return absentSide("llama.cpp", peer);
  const out = join(scratch, type);
  const { files } = await exportModel(folder, { format: "gguf", types: [type], out });
  await peer.ask({ op: "setup", path: join(out, files[0]!), threads: THREADS });
  return side(peer, `${peer.name}, ${type}`, prompt);
}

async function transformers(folder: string, scratch: string, prompt: number): Promise<Side> {
  const peer = startJavaScript(new URL("../peers/transformers-js.ts", import.meta.url), "transformers");
  if ("absent" in peer) return absentSide("transformers.js", peer);
  const out = join(scratch, "onnx");
  await exportModel(folder, { format: "onnx", out });
  await peer.ask({ op: "setup", task: "write", folder: out, threads: THREADS });
  return side(peer, `${peer.name}, fp32`, prompt);
}

function side(peer: Peer, name: string, length: number): Side {
  const write = () => peer.ask<Speed>({ op: "write", prompt: promptIds(1, length), tokens: TOKENS });
  return { name, write, stop: () => peer.stop() };
}

const absentSide = (name: string, write: Absent): Side => ({ name, write, stop: async () => {} });

const rateOf = (speeds: readonly Speed[]): number => median(speeds.map(({ rate }) => rate));
const firstOf = (speeds: readonly Speed[]): number => 1000 * median(speeds.map(({ first }) => first));

interface Comparison {
  readonly own: Side & { readonly speeds: readonly Speed[] };
  readonly peer: Side;
  readonly theirs: readonly Speed[] | undefined;
  readonly limits: Limits;
}

function rowsOf(what: string, { own, peer, theirs, limits }: Comparison): BenchRow[] {
  const absent = typeof peer.write === "function" ? { absent: "not measured" } : peer.write;
  const peerName = peer.name;
  return [
    row({
      case: what,
      unit: "tokens/s",
      better: "more",
      ours: rateOf(own.speeds),
      peer: theirs ? rateOf(theirs) : absent,
      peerName,
      limit: limits.rate(own.needs!.token),
    }),
    row({
      case: `${what}, first token`,
      unit: "ms",
      better: "less",
      ours: firstOf(own.speeds),
      peer: theirs ? firstOf(theirs) : absent,
      peerName,
      ...(own.needs!.prompt.operations ? { limit: limits.milliseconds(own.needs!.prompt) } : {}),
    }),
  ];
}
