/**
 * bert-base's forward pass over 128 tokens with its masked-word head (110M random weights) on two threads, in 32
 * and 8 bits: the median time, with the scores of all tokens and of one mask, beside that of transformers.js in 32 bits on what `punchline export` wrote.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { int32 } from "../src/core/array.ts";
import { UsageError } from "../src/core/errors.ts";
import { exportModel } from "../src/export/export.ts";
import { loadModel } from "../src/generate/load.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { evaluation } from "../src/nn/mode.ts";
import type { Parameters } from "../src/nn/parameters.ts";
import { compile } from "../src/runtime/compile.ts";
import { type Absent, type BenchRow, interleave, row, time } from "./bench.ts";
import { writeBert } from "./bert/folder.ts";
import { startJavaScript } from "./javascript.ts";
import { measureLimits } from "./limits/limits.ts";
import { forwardOperations, weightBytes } from "./limits/work.ts";
import type { Peer } from "./python.ts";

const THREADS = 2;
const LENGTH = 128;
const IDS = Array.from({ length: LENGTH }, (_, i) => (i * 37) % 30_000);

export default async function bertForward(): Promise<BenchRow[]> {
  const limits = await measureLimits();
  const scratch = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  let peer: Peer | Absent | undefined;
  try {
    const folder = join(scratch, "bert");
    await writeBert(folder);
    peer = await transformers(folder, join(scratch, "onnx"));
    const present = "absent" in peer ? undefined : peer;
    const sides = [await ours(folder, undefined), await ours(folder, "q8")] as const;
    const theirs = async () =>
      1000 * ((await present?.ask<{ seconds: number }>({ op: "read", ids: IDS }))?.seconds ?? Number.NaN);
    const medians = await interleave(
      {
        float32: sides[0].read,
        int8: sides[1].read,
        float32Mask: sides[0].fill,
        int8Mask: sides[1].fill,
        theirs,
      },
      { runs: 15, warmup: 3 },
    );
    for (const { release } of sides) await release();
    const shared = {
      unit: "ms",
      better: "less",
      peer: "absent" in peer ? peer : medians.theirs,
      peerName: present ? `${present.name}, fp32` : "transformers.js",
    } as const;
    const name = `bert-base, ${LENGTH} tokens, median`;
    const mask = `bert-base, one mask of ${LENGTH} tokens, median`;
    const filling = { ...shared, peerName: `${shared.peerName}, which scores all tokens` };
    return [
      row({
        ...shared,
        case: `${name}, float32`,
        ours: medians.float32,
        limit: limits.milliseconds(sides[0].work),
      }),
      row({ ...shared, case: `${name}, 8 bits`, ours: medians.int8 }),
      row({ ...filling, case: `${mask}, float32`, ours: medians.float32Mask }),
      row({ ...filling, case: `${mask}, 8 bits`, ours: medians.int8Mask }),
    ];
  } finally {
    if (peer && !("absent" in peer)) await peer.stop();
    await rm(scratch, { recursive: true });
  }
}

/** Milliseconds of a pass, again and again. */
async function ours(folder: string, quantize: "q8" | undefined) {
  const { model, weights, backend } = await loadModel(folder, {
    threads: THREADS,
    ...(quantize ? { quantize } : {}),
  });
  const pass = compile(
    (parameters: Parameters, { ids, at }: { ids: Tensor; at?: Tensor }) =>
      model.forward(parameters, { ids }, evaluation, { at }).logits,
    { backend },
  );
  const ids = int32([1, LENGTH], IDS);
  const at = int32([1], [LENGTH / 2]);
  return {
    read: () => time(() => pass(weights as never, { ids })),
    fill: () => time(() => pass(weights as never, { ids, at })),
    work: { bytes: weightBytes(model, weights), operations: forwardOperations(model, { rows: LENGTH }) },
    release: () => pass.release(),
  };
}

async function transformers(folder: string, out: string): Promise<Peer | Absent> {
  const peer = startJavaScript(new URL("peers/transformers-js.ts", import.meta.url), "transformers");
  if ("absent" in peer) return peer;
  try {
    await exportModel(folder, { format: "onnx", out });
    await peer.ask({ op: "setup", task: "fill", folder: out, threads: THREADS });
    return peer;
  } catch (error) {
    await peer.stop();
    if (error instanceof UsageError) return { absent: error.message };
    throw error;
  }
}
