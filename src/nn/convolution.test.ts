/** A convolution against its definition: two loops in double precision. */
import { describe, expect, it } from "vitest";
import { float32, type HostArray } from "../core/array.ts";
import { Random } from "../core/random.ts";
import type { Tensor } from "../graph/tensor.ts";
import { compile } from "../runtime/compile.ts";
import { nodeBackend } from "../runtime/node.ts";
import { type ConvolutionConfig, causalConvolution } from "./convolution.ts";
import type { Parameters } from "./parameters.ts";

const backend = nodeBackend({ threads: 1 });
const BATCH = 2;
const INPUTS = 3;
const OUTPUTS = 4;

function draw(stream: string, ...shape: number[]): HostArray {
  const random = new Random(1, stream, 0);
  const size = shape.reduce((a, b) => a * b, 1);
  return float32(
    shape,
    Float32Array.from({ length: size }, (_, i) => 2 * random.uniform(i) - 1),
  );
}

/** y[b, t, o] = bias[o] + the sum over i and k of weight[o, i, k] · x[b, t - (taps - 1 - k) · dilation, i]. */
function expected(weight: HostArray, bias: HostArray, x: HostArray, { taps, dilation }: ConvolutionConfig) {
  const [, length] = x.shape as [number, number];
  const y: number[] = [];
  for (let b = 0; b < BATCH; b++)
    for (let t = 0; t < length; t++)
      for (let o = 0; o < OUTPUTS; o++) {
        let sum = Number(bias.data[o]);
        for (let k = 0; k < taps; k++) {
          const at = t - (taps - 1 - k) * dilation;
          for (let i = 0; at >= 0 && i < INPUTS; i++)
            sum +=
              Number(weight.data[(o * INPUTS + i) * taps + k]) *
              Number(x.data[(b * length + at) * INPUTS + i]);
        }
        y.push(sum);
      }
  return y;
}

const difference = (a: ArrayLike<number | bigint>, b: readonly number[]): number =>
  Math.max(...b.map((value, i) => Math.abs(value - Number(a[i]))));

describe.each([
  { taps: 3, dilation: 1, length: 8, how: "in pairs" },
  { taps: 3, dilation: 4, length: 16, how: "in pairs, several apart" },
  { taps: 3, dilation: 3, length: 6, how: "two blocks" },
  { taps: 3, dilation: 4, length: 12, how: "three blocks" },
  { taps: 3, dilation: 4, length: 10, how: "not in pairs" },
  { taps: 2, dilation: 2, length: 8, how: "two taps" },
  { taps: 5, dilation: 2, length: 12, how: "five taps" },
  { taps: 3, dilation: 8, length: 5, how: "a window shorter than the dilation" },
])("$how: $taps taps $dilation apart over $length", ({ length, taps, dilation }) => {
  const config: ConvolutionConfig = { inputs: INPUTS, outputs: OUTPUTS, taps, dilation };
  const conv = causalConvolution("conv", config);
  const weight = draw("weight", OUTPUTS, INPUTS, config.taps);
  const bias = draw("bias", OUTPUTS);
  const x = draw("x", BATCH, length, INPUTS);
  const parameters = { "conv.weight": weight, "conv.bias": bias };
  const y = expected(weight, bias, x, config);

  it("a whole window", async () => {
    const whole = compile((p: Parameters, t: Tensor) => conv(p, t), { backend });
    expect(difference((await whole(parameters, x)).data, y)).toBeLessThan(2e-6);
    await whole.release();
  });

  it("a step after what was before", async () => {
    const step = compile((p: Parameters, t: Tensor, past: Tensor) => conv.step(p, t, past), { backend });
    const before = conv.reach;
    let past: HostArray = float32([BATCH, before, INPUTS], new Float32Array(BATCH * before * INPUTS));
    for (let t = 0; t < length; t++) {
      const at = (array: ArrayLike<number | bigint>, width: number) =>
        Array.from({ length: BATCH }, (_, b) =>
          Array.from({ length: width }, (_, i) => Number(array[(b * length + t) * width + i])),
        ).flat();
      const result = await step(parameters, float32([BATCH, 1, INPUTS], at(x.data, INPUTS)), past);
      expect(difference(result.output.data, at(y, OUTPUTS))).toBeLessThan(2e-6);
      past = result.past;
    }
    await step.release();
  });
});
