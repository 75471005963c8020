/** The suite that every operation passes on every backend: shapes, values, gradients. */
import { type DType, type HostArray, hostArray } from "../core/array.ts";
import { Random } from "../core/random.ts";
import { constant } from "../graph/leaves.ts";
import type { Attributes, Tensor } from "../graph/tensor.ts";
import { sum } from "./broadcast.ts";
import type { Op, ReferenceArray, Sample, SampleInput } from "./define.ts";
import { addN, multiply } from "./elementwise.ts";

/** Host arrays for a sample's inputs, the same every time. */
export function drawInputs(op: string, sample: Sample<Attributes>): HostArray[] {
  return sample.inputs.map((spec, i) => draw(spec, new Random(1, `${op}/${sample.title}/${i}`)));
}

function draw({ shape, dtype, values }: SampleInput, random: Random): HostArray {
  const n = shape.reduce((a, b) => a * b, 1);
  const numbers = Array.from({ length: n }, (_, i) =>
    typeof values === "function" ? values(random.uniform(i)) : values[i]!,
  );
  return hostArray(dtype, shape, convert(dtype, numbers));
}

function convert(dtype: DType, numbers: readonly number[]): HostArray["data"] {
  switch (dtype) {
    case "float32":
      return Float32Array.from(numbers);
    case "int32":
      return Int32Array.from(numbers);
    case "int64":
      return BigInt64Array.from(numbers, BigInt);
    default:
      return Uint8Array.from(numbers);
  }
}

/** A scalar that depends on every differentiable output, each element with a weight of its own. */
export function probe(op: Op<Attributes>, outputs: readonly Tensor[]): Tensor {
  const terms = outputs.slice(0, op.results ?? outputs.length).map((output, i) => {
    const weights = draw(
      { shape: output.shape as readonly number[], dtype: "float32", values: (u) => u - 0.5 },
      new Random(2, i),
    );
    return sum(multiply(output, constant(weights)));
  });
  return addN(terms);
}

/** Largest difference relative to the larger magnitude, with an absolute floor of 1. */
export function worstError(a: ReferenceArray["data"] | HostArray["data"], b: Float64Array): number {
  let worst = 0;
  for (let i = 0; i < b.length; i++) {
    const x = Number(a[i]);
    const y = b[i]!;
    const error = Math.abs(x - y) / Math.max(1, Math.abs(x), Math.abs(y));
    worst = Number.isFinite(error) ? Math.max(worst, error) : Infinity;
  }
  return worst;
}
