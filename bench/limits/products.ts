/** How fast the runtime multiplies matrices of float32: what the products of a training step or of a long prompt take. */
import { float32 } from "../../src/core/array.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { gemm } from "../../src/ops/matmul.ts";
import { slice } from "../../src/ops/movement.ts";
import type { Backend } from "../../src/runtime/backend.ts";
import { compile } from "../../src/runtime/compile.ts";
import { fewest, quick } from "../quick.ts";

/** Rows and columns of both matrices: as large as those of the models, and larger than the caches of a core. */
const SIZE = quick ? 512 : 1536;
const RUNS = fewest(4);

/** Operations a second, a multiplication and an addition being two: the fastest of some runs, as it is a limit. */
export async function productThroughput(backend: Backend): Promise<number> {
  // Only a row of the result leaves the graph, as copying the whole would be measured too.
  const product = compile((a: Tensor, b: Tensor) => slice(gemm(a, b), 0, 0, 1), {
    backend,
  });
  const matrix = float32([SIZE, SIZE], new Float32Array(SIZE * SIZE).fill(0.1));
  try {
    let fastest = 0;
    for (let run = -2; run < RUNS; run++) {
      const begun = performance.now();
      await product(matrix, matrix);
      const seconds = (performance.now() - begun) / 1000;
      if (run >= 0) fastest = Math.max(fastest, (2 * SIZE ** 3) / seconds);
    }
    return fastest;
  } finally {
    await product.release();
  }
}
