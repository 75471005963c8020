/**
 * Decoding with GPT-2 (124M, random weights, a 64-token prompt) in 32, 8 and 4 bits: tokens a second, and
 * time to the first one, beside PyTorch's on two threads.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDecoder } from "../src/generate/decoder.ts";
import type { Decoder } from "../src/generate/decoding.ts";
import type { Weights } from "../src/generate/language-model.ts";
import { openQuantized } from "../src/generate/quantized-weights.ts";
import { argmax } from "../src/generate/sampler.ts";
import { openModelFolder } from "../src/hub/folder.ts";
import { openWeights } from "../src/hub/stored-weights.ts";
import { gpt2 } from "../src/models/gpt2.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { writeRandomFolder } from "../test/torch/forward.ts";
import { type BenchRow, median, row } from "./bench.ts";
import { startPeer } from "./python.ts";

const sizes = { vocabulary: 50257, context: 1024, layers: 12, width: 768, heads: 12 } as const;
const PROMPT = 64;
const TOKENS = 32;
const RUNS = 3;

interface Speed {
  /** Seconds. */
  readonly first: number;
  /** Tokens a second after the first. */
  readonly rate: number;
}

export default async function gpt2Decode(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  const peer = await startPeer(new URL("peers/gpt2.py", import.meta.url), { threads: 2 });
  const present = "absent" in peer ? undefined : peer;
  const decoders = new Map<string, Decoder>();
  try {
    const model = gpt2.build(gpt2.configure({ config: "gpt2" }, sizes.vocabulary));
    await writeRandomFolder(model, folder);
    for (const [name, batch, quantize] of [
      ["float32", 1, undefined],
      ["float32, batch 8", 8, undefined],
      ["8 bits", 1, "q8"],
      ["4 bits", 1, "q4"],
    ] as const) {
      const files = await openModelFolder(folder);
      const weights = quantize
        ? await openQuantized(files, model, quantize, gpt2.checkpoint)
        : await openWeights(model.parameters, files.tensors, gpt2.checkpoint);
      await files.close();
      decoders.set(name, decoderOf(model, weights, batch));
    }
    await present?.ask({ op: "setup", ...sizes });
    const speeds = new Map<string, Speed[]>();
    const note = (name: string, speed: Speed) => speeds.set(name, [...(speeds.get(name) ?? []), speed]);
    for (let run = -1; run < RUNS; run++) {
      for (const [name, decoder] of decoders) {
        const ours = await write(decoder);
        const ask = { op: "decode", batch: decoder.batch, prompt: PROMPT, tokens: TOKENS };
        const theirs = name.includes("bits") ? undefined : await present?.ask<Speed>(ask);
        if (run < 0) continue;
        note(name, ours);
        if (theirs) note(`PyTorch ${name}`, theirs);
      }
    }
    return [...decoders.keys()].flatMap((name) => rowsOf(name, speeds, present?.name));
  } finally {
    for (const decoder of decoders.values()) await decoder.release();
    await present?.stop();
    await rm(folder, { recursive: true });
  }
}

function decoderOf(model: ReturnType<typeof gpt2.build>, weights: Weights, batch: number): Decoder {
  const tokenizer = { endOfText: 50256, size: sizes.vocabulary } as never;
  const backend = nodeBackend({ threads: 2 });
  return createDecoder({ model, weights, tokenizer, backend, endsItems: false, name: "gpt2" }, { batch });
}

/** Greedy text after a prompt. */
async function write(decoder: Decoder): Promise<Speed> {
  const { batch } = decoder;
  decoder.reset();
  const begun = performance.now();
  let logits = await decoder.append(Int32Array.from({ length: batch * PROMPT }, (_, i) => (i * 37) % 50_000));
  const first = performance.now();
  for (let t = 0; t < TOKENS; t++) {
    const next = Int32Array.from({ length: batch }, (_, row) =>
      argmax(logits.subarray(row * sizes.vocabulary, (row + 1) * sizes.vocabulary)),
    );
    logits = await decoder.append(next);
  }
  const seconds = (performance.now() - first) / 1000;
  return { first: (first - begun) / 1000, rate: (batch * TOKENS) / seconds };
}

function rowsOf(
  name: string,
  speeds: ReadonlyMap<string, readonly Speed[]>,
  peerName: string | undefined,
): BenchRow[] {
  const ours = speeds.get(name)!;
  const theirs = speeds.get(`PyTorch ${name}`);
  const absent = { absent: peerName ? "this PyTorch has no such kernels" : "PyTorch is not installed" };
  const figure = (list: readonly Speed[], key: keyof Speed) => median(list.map((speed) => speed[key]));
  return [
    row({
      case: `GPT-2 124M, ${name}`,
      unit: "tokens/s",
      better: "more",
      ours: figure(ours, "rate"),
      peer: theirs ? figure(theirs, "rate") : absent,
      peerName: peerName ?? "PyTorch",
    }),
    row({
      case: `GPT-2 124M, ${name}: first token`,
      unit: "ms",
      better: "less",
      ours: 1000 * figure(ours, "first"),
      peer: theirs ? 1000 * figure(theirs, "first") : absent,
      peerName: peerName ?? "PyTorch",
    }),
  ];
}
