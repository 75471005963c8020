/**
 * bert-base's forward pass over 128 tokens with its masked-word head (110M random weights), in 32 and 8 bits:
 * the median time, beside PyTorch's on two threads.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { int32 } from "../src/core/array.ts";
import type { Weights } from "../src/generate/language-model.ts";
import { openQuantized } from "../src/generate/quantized-weights.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { openModelFolder } from "../src/hub/folder.ts";
import { openWeights } from "../src/hub/stored-weights.ts";
import { bert } from "../src/models/bert.ts";
import { evaluation } from "../src/nn/mode.ts";
import type { Parameters } from "../src/nn/parameters.ts";
import { compile } from "../src/runtime/compile.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { writeRandomFolder } from "../test/torch/forward.ts";
import { type BenchRow, interleave, row, time } from "./bench.ts";
import { startPeer } from "./python.ts";

const sizes = { vocabulary: 30522, layers: 12, width: 768, heads: 12 } as const;
const LENGTH = 128;

export default async function bertForward(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  const peer = await startPeer(new URL("peers/bert.py", import.meta.url), { threads: 2 });
  const present = "absent" in peer ? undefined : peer;
  try {
    const model = bert.build(bert.configure({ config: "base" }, sizes.vocabulary));
    await writeRandomFolder(model, folder);
    const files = await openModelFolder(folder);
    const floats = await openWeights(model.parameters, files.tensors, bert.checkpoint);
    const bytes = await openQuantized(files, model, "q8", bert.checkpoint);
    await files.close();
    await present?.ask({ op: "setup", ...sizes });
    const ids = int32(
      [1, LENGTH],
      Int32Array.from({ length: LENGTH }, (_, i) => (i * 37) % 30_000),
    );
    const pass = compile(
      (parameters: Parameters, tokens: Tensor) =>
        model.forward(parameters, { ids: tokens }, evaluation).logits,
      { backend: nodeBackend({ threads: 2 }) },
    );
    const run = (weights: Weights) => async () => time(() => pass(weights as never, ids));
    const medians = await interleave(
      {
        float32: run(floats),
        int8: run(bytes),
        torch: async () =>
          1000 *
          ((await present?.ask<{ seconds: number }>({ op: "run", length: LENGTH }))?.seconds ?? Number.NaN),
      },
      { runs: 11, warmup: 2 },
    );
    await pass.release();
    const shared = { unit: "ms", better: "less", peerName: present?.name ?? "PyTorch" } as const;
    const theirs = "absent" in peer ? peer : medians.torch;
    const name = `bert-base, ${LENGTH} tokens`;
    return [
      row({ ...shared, case: `${name}, float32`, ours: medians.float32, peer: theirs }),
      row({ ...shared, case: `${name}, 8 bits against float32`, ours: medians.int8, peer: theirs }),
    ];
  } finally {
    await present?.stop();
    await rm(folder, { recursive: true });
  }
}
