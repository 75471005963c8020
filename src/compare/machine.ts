/** What the machine can do: a plain matrix product to compare models with. */
import { float32 } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import { linear } from "../nn/linear.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";
import { type SpeedCase, stopwatch } from "./speed.ts";

/** Rows, inputs and outputs of the product: a layer of GPT-2 over 256 tokens. */
const LAYER = [256, 768, 3072] as const;

/** One product of two float32 matrices, timed among the models. */
export interface GemmCase extends SpeedCase {
  /** Floating-point operations of one run. */
  readonly flops: number;
  release(): Promise<void>;
}

/** Products in one run, so that at least one runs undisturbed. */
const TRIES = 5;

export const GEMM = "one product of two matrices";

export function gemmCase(backend: Backend): GemmCase {
  const [rows, inputs, outputs] = LAYER;
  const product = productOf(backend, LAYER);
  return {
    model: GEMM,
    case: GEMM,
    tokens: rows,
    flops: 2 * rows * inputs * outputs,
    run: async () => {
      const times: number[] = [];
      for (let i = 0; i < TRIES; i++) times.push(await stopwatch(product.run));
      return times;
    },
    release: product.release,
  };
}

/** Loads the runtime, so that its memory is not counted as the first model's. */
export async function warmUpRuntime(backend: Backend): Promise<void> {
  const product = productOf(backend, [4, 4, 4]);
  await product.run();
  await product.release();
}

function productOf(backend: Backend, [rows, inputs, outputs]: readonly [number, number, number]) {
  const map = linear("layer", inputs, outputs, { bias: false, inputsFirst: true });
  const product = compile((x: Tensor, weight: Tensor) => map({ "layer.weight": weight }, x), { backend });
  const filled = (...shape: readonly [number, number]) =>
    float32(
      shape,
      Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(i)),
    );
  const [x, weight] = [filled(rows, inputs), filled(inputs, outputs)];
  const into = float32([rows, outputs]);
  return { run: () => product.run([x, weight], { into }), release: () => product.release() };
}
