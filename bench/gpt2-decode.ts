/**
 * Writing with GPT-2 (124M, random weights, a prompt of 64 tokens) in 32, 8 and 4 bits on two threads: tokens a
 * second and the time to the first one, beside llama.cpp's with its own 32, 8 and 4 bits and transformers.js'
 * with 32, each reading what `punchline export` wrote of the same folder; and eight texts at once beside one.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportModel } from "../src/export/export.ts";
import type { GgufType } from "../src/export/quantise.ts";
import { createDecoder } from "../src/generate/decoders/create.ts";
import type { Decoder } from "../src/generate/decoders/decoder.ts";
import { loadModel } from "../src/generate/load.ts";
import { argmax } from "../src/generate/sampler.ts";
import type { Quantization } from "../src/models/quantize.ts";
import { type Absent, type BenchRow, median, row } from "./bench.ts";
import { promptIds, VOCABULARY, writeGpt2 } from "./gpt2/folder.ts";
import { startJavaScript } from "./javascript.ts";
import type { Peer } from "./python.ts";

const THREADS = 2;
const TOKENS = 32;
const RUNS = 5;
/** Texts written side by side. */
const MANY = 8;

interface Speed {
  /** Seconds to the first token. */
  readonly first: number;
  /** Tokens a second after it. */
  readonly rate: number;
}

/** One side of the comparison; `write` is absent where the peer is. */
interface Side {
  readonly name: string;
  readonly write: (() => Promise<Speed>) | Absent;
  stop(): Promise<void>;
}

const precisions = [
  ["float32", undefined, "f32"],
  ["8 bits", "q8", "q8_0"],
  ["4 bits", "q4", "q4_0"],
] as const;

export default async function gpt2Decode(): Promise<BenchRow[]> {
  const scratch = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  const sides = new Map<string, Side>();
  try {
    const folder = join(scratch, "gpt2");
    await writeGpt2(folder);
    for (const [name, quantize, type] of precisions) {
      sides.set(name, await ours(folder, 1, quantize));
      sides.set(`llama ${name}`, await llama(folder, scratch, type));
    }
    sides.set(`${MANY} float32`, await ours(folder, MANY, undefined));
    sides.set(`${MANY} 8 bits`, await ours(folder, MANY, "q8"));
    sides.set("transformers", await transformers(folder, scratch));
    const speeds = await measure(sides);
    const compared = (name: string, peer: string, what: string) =>
      rowsOf(`GPT-2 124M, ${what}`, speeds.get(name)!, sides.get(peer)!, speeds.get(peer));
    return [
      ...compared("float32", "llama float32", "float32"),
      ...compared("float32", "transformers", "float32"),
      ...compared("8 bits", "llama 8 bits", "8 bits"),
      ...compared("4 bits", "llama 4 bits", "4 bits"),
      ...["float32", "8 bits"].map((name) =>
        row({
          case: `GPT-2 124M, ${name}, ${MANY} texts at once`,
          unit: "tokens/s",
          better: "more",
          ours: rateOf(speeds.get(`${MANY} ${name}`)!),
          peer: rateOf(speeds.get(name)!),
          peerName: "one text",
        }),
      ),
    ];
  } finally {
    for (const side of sides.values()) await side.stop();
    await rm(scratch, { recursive: true });
  }
}

/** In turns, so that whatever else the machine does meets all alike; the first round warms up. */
async function measure(sides: ReadonlyMap<string, Side>): Promise<Map<string, Speed[]>> {
  const speeds = new Map<string, Speed[]>();
  for (let run = -1; run < RUNS; run++) {
    for (const [name, { write }] of sides) {
      if (typeof write !== "function") continue;
      const speed = await write();
      if (run >= 0) speeds.set(name, [...(speeds.get(name) ?? []), speed]);
    }
  }
  return speeds;
}

async function ours(folder: string, batch: number, quantize: Quantization | undefined): Promise<Side> {
  const lm = await loadModel(folder, { threads: THREADS, ...(quantize ? { quantize } : {}) });
  const decoder = createDecoder(lm, { batch });
  return { name: "Punchline", write: () => write(decoder), stop: () => decoder.release() };
}

/** The likeliest tokens after the prompt. */
async function write(decoder: Decoder): Promise<Speed> {
  const { batch } = decoder;
  decoder.reset();
  const begun = performance.now();
  let logits = await decoder.append(Int32Array.from(promptIds(batch)));
  const best = (r: number) => argmax(logits.subarray(r * VOCABULARY, (r + 1) * VOCABULARY));
  const choose = () => Int32Array.from({ length: batch }, (_, r) => best(r));
  let next = choose();
  const first = performance.now();
  for (let t = 0; t < TOKENS; t++) {
    logits = await decoder.append(next);
    next = choose();
  }
  const seconds = (performance.now() - first) / 1000;
  return { first: (first - begun) / 1000, rate: (batch * TOKENS) / seconds };
}

async function llama(folder: string, scratch: string, type: GgufType): Promise<Side> {
  const peer = startJavaScript(new URL("peers/llama.ts", import.meta.url), "llama");
  if ("absent" in peer) return absentSide("llama.cpp", peer);
  const out = join(scratch, type);
  const { files } = await exportModel(folder, { format: "gguf", types: [type], out });
  await peer.ask({ op: "setup", path: join(out, files[0]!), threads: THREADS });
  return side(peer, `${peer.name}, ${type}`);
}

async function transformers(folder: string, scratch: string): Promise<Side> {
  const peer = startJavaScript(new URL("peers/transformers-js.ts", import.meta.url), "transformers");
  if ("absent" in peer) return absentSide("transformers.js", peer);
  const out = join(scratch, "onnx");
  await exportModel(folder, { format: "onnx", out });
  await peer.ask({ op: "setup", task: "write", folder: out, threads: THREADS });
  return side(peer, `${peer.name}, fp32`);
}

function side(peer: Peer, name: string): Side {
  const write = () => peer.ask<Speed>({ op: "write", prompt: promptIds(), tokens: TOKENS });
  return { name, write, stop: () => peer.stop() };
}

const absentSide = (name: string, write: Absent): Side => ({ name, write, stop: async () => {} });

const rateOf = (speeds: readonly Speed[]): number => median(speeds.map(({ rate }) => rate));
const firstOf = (speeds: readonly Speed[]): number => 1000 * median(speeds.map(({ first }) => first));

function rowsOf(
  what: string,
  own: readonly Speed[],
  peer: Side,
  theirs: readonly Speed[] | undefined,
): BenchRow[] {
  const absent = typeof peer.write === "function" ? { absent: "not measured" } : peer.write;
  const peerName = peer.name;
  return [
    row({
      case: what,
      unit: "tokens/s",
      better: "more",
      ours: rateOf(own),
      peer: theirs ? rateOf(theirs) : absent,
      peerName,
    }),
    row({
      case: `${what}, first token`,
      unit: "ms",
      better: "less",
      ours: firstOf(own),
      peer: theirs ? firstOf(theirs) : absent,
      peerName,
    }),
  ];
}
