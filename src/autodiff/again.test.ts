/** Results with the rule `again` do not live from the forward to the backward pass. */
import { expect, it } from "vitest";
import { compile } from "../../test/node-compile.ts";
import { float32 } from "../core/array.ts";
import { Random } from "../core/random.ts";
import type { Tensor } from "../graph/tensor.ts";
import { gelu, geluTanh } from "../ops/activation.ts";
import { sum } from "../ops/broadcast.ts";
import { matmul } from "../ops/matmul.ts";
import { layerNorm } from "../ops/normalisation.ts";
import { gradients } from "./grad.ts";

const [rows, width, layers] = [64, 16, 8] as const;
const BYTES = rows * width * 4;
const array = (name: string, ...shape: number[]) =>
  float32(shape, new Random(1, name).fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))));
const gain = array("gain", width);
const x = array("x", rows, width);
const weights = Array.from({ length: layers }, (_, k) => array(`w${k}`, width, width));

it.each([
  ["gelu", gelu],
  ["gelu_tanh", geluTanh],
  ["layer_norm", (h: Tensor, g: Tensor) => layerNorm(h, g, g)],
] as const)("%s", (_, activation) => {
  const step = compile((ws: readonly Tensor[], first: Tensor, g: Tensor) => {
    const h = ws.reduce((h, w) => activation(matmul(h, w), g), first);
    return gradients(sum(h), ws);
  });
  // Each layer's product, and what one layer's backward pass works on.
  expect(step.memory(weights, x, gain)).toBeLessThan((layers + 8) * BYTES);
});
