/** Where 8 bits are computed in whole numbers: in models that always read many tokens, on processors that add exactly. */
import { float32, hostArray, sizeOf } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model } from "../models/model.ts";
import type { Quantization } from "../models/quantize.ts";
import type { Parameters } from "../nn/parameters.ts";
import { quantizedMatrix } from "../nn/quantized.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";

/** A model that writes reads one token at a time, for which products in blocks are faster. */
export async function suitsIntegers(
  model: Model,
  quantization: Quantization,
  backend: Backend,
): Promise<boolean> {
  const readsMany = quantization === "q8" && model.predicts === "masked" && backend.device === "cpu";
  return readsMany && (await multipliesExactly(backend));
}

/** Inputs and outputs of the products that are tried. */
const SIZE = 64;

/**
 * Whether products of the largest whole numbers are right: older x64 processors (without AVX-512 VNNI or AVX-VNNI)
 * add pairs of products in 16 bits, where they do not fit.
 */
export async function multipliesExactly(backend: Backend): Promise<boolean> {
  const step = compile(
    (parameters: Parameters, x: Tensor) => quantizedMatrix(parameters, "w", SIZE)!.multiply(x),
    {
      backend,
    },
  );
  const ones = (...shape: number[]) => float32(shape, new Float32Array(sizeOf(shape)).fill(1));
  const weights = hostArray("int8", [SIZE, SIZE], new Int8Array(SIZE * SIZE).fill(127));
  const matrix = { "w.weights": weights, "w.scales": ones(SIZE) };
  try {
    const product = await step(matrix as never, ones(SIZE, SIZE));
    const wanted = SIZE * 127;
    return (product.data as Float32Array).every((total) => Math.abs(total - wanted) < 1e-3 * wanted);
  } finally {
    await step.release();
  }
}
