/**
 * The forward pass of a masked model of random weights over 128 tokens on two threads, with the scores of all tokens and
 * of one mask: median times, each of the second of two passes, beside that of transformers.js in 32 bits on what `punchline export` wrote.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { int32 } from "../../src/core/array.ts";
import { UsageError } from "../../src/core/errors.ts";
import { exportModel } from "../../src/export/export.ts";
import { loadModel } from "../../src/generate/load.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { evaluation } from "../../src/nn/mode.ts";
import type { Parameters } from "../../src/nn/parameters.ts";
import { compile } from "../../src/runtime/compile.ts";
import { type Absent, type BenchRow, interleave, row, time, warm } from "../bench.ts";
import { startJavaScript } from "../javascript.ts";
import { measureLimits } from "../limits/limits.ts";
import { forwardOperations, weightBytes } from "../limits/work.ts";
import type { Peer } from "../python.ts";

const THREADS = 2;
const LENGTH = 128;
const IDS = Array.from({ length: LENGTH }, (_, i) => (i * 37) % 30_000);

const SAME_MEMORY = "the scores go to the same memory each time; the peer makes new memory";

export interface Reading {
  /** What rows call the model. */
  readonly title: string;
  /** Makes the model's folder. */
  write(folder: string): Promise<void>;
  /** Whether it is measured in 8 bits too. */
  readonly quantized: boolean;
}

export async function compareReading({ title, write, quantized }: Reading): Promise<BenchRow[]> {
  const limits = await measureLimits();
  const scratch = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  let peer: Peer | Absent | undefined;
  try {
    const folder = join(scratch, "model");
    await write(folder);
    peer = await transformers(folder, join(scratch, "onnx"));
    const present = "absent" in peer ? undefined : peer;
    const whole = await ours(folder, undefined);
    const rounded = quantized ? await ours(folder, "q8") : undefined;
    const theirs = async () =>
      1000 * ((await present?.ask<{ seconds: number }>({ op: "read", ids: IDS }))?.seconds ?? Number.NaN);
    const contestants: Record<string, () => Promise<number>> = {
      float32: warm(whole.read),
      float32Mask: warm(whole.fill),
      ...(rounded ? { int8: warm(rounded.read), int8Mask: warm(rounded.fill) } : {}),
      theirs: warm(theirs),
    };
    const medians = await interleave(contestants, { runs: 15, warmup: 3 });
    await whole.release();
    await rounded?.release();
    const shared = {
      unit: "ms",
      better: "less",
      peer: "absent" in peer ? peer : medians.theirs!,
      peerName: present ? `${present.name}, fp32` : "transformers.js",
    } as const;
    const name = `${title}, ${LENGTH} tokens, median`;
    const mask = `${title}, one mask of ${LENGTH} tokens, median`;
    const filling = { ...shared, peerName: `${shared.peerName}, which scores all tokens` };
    return [
      row({
        ...shared,
        case: `${name}, float32`,
        ours: medians.float32!,
        limit: limits.milliseconds(whole.work),
        note: SAME_MEMORY,
      }),
      ...(rounded
        ? [row({ ...shared, case: `${name}, 8 bits`, ours: medians.int8!, note: SAME_MEMORY })]
        : []),
      row({ ...filling, case: `${mask}, float32`, ours: medians.float32Mask! }),
      ...(rounded ? [row({ ...filling, case: `${mask}, 8 bits`, ours: medians.int8Mask! })] : []),
    ];
  } finally {
    if (peer && !("absent" in peer)) await peer.stop();
    await rm(scratch, { recursive: true });
  }
}

/** Milliseconds of a pass, again and again, with the scores of all tokens in the same memory each time. */
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
  const scores = await pass(weights as never, { ids });
  const at = int32([1], [LENGTH / 2]);
  return {
    read: () => time(() => pass.run([weights as never, { ids }], { into: scores })),
    fill: () => time(() => pass(weights as never, { ids, at })),
    work: { bytes: weightBytes(model, weights), operations: forwardOperations(model, { rows: LENGTH }) },
    release: () => pass.release(),
  };
}

async function transformers(folder: string, out: string): Promise<Peer | Absent> {
  const peer = startJavaScript(new URL("../peers/transformers-js.ts", import.meta.url), "transformers");
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
