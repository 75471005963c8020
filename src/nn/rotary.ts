/**
 * Rotary positions (Su et al. 2021, RoFormer, arXiv 2104.09864): queries and keys are turned by an angle
 * that grows with their position, so that their product depends on the distance alone. The halves of a
 * head are paired, as in GPT-NeoX and Llama.
 */
import { float32, type HostArray } from "../core/array.ts";
import { type Dim, staticDim } from "../core/shape.ts";
import { constant } from "../graph/leaves.ts";
import type { Tensor } from "../graph/tensor.ts";
import { reshape } from "../ops/broadcast.ts";
import { add, multiply, subtract } from "../ops/elementwise.ts";
import { gather } from "../ops/indexing.ts";
import { concatenate, slice } from "../ops/movement.ts";

/** Cosines and sines of the angles at each position: [..., length, 1, d / 2]. */
export interface Rotation {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Cosines and sines of the angles at each of `context` positions: [context, d / 2]. */
export function rotationTables(
  context: number,
  headSize: number,
): Record<"cos" | "sin", HostArray<"float32">> {
  const half = headSize / 2;
  const table = (f: (angle: number) => number) =>
    float32(
      [context, half],
      Float32Array.from({ length: context * half }, (_, i) =>
        f(Math.floor(i / half) / 10_000 ** ((i % half) / half)),
      ),
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/**
 * The rotation of tokens.
 * @param positions int32 [batch, length], or a length where all rows count from 0
 * @param context positions that there are
 * @param headSize d, even
 */
export function rotation(positions: Tensor | number, context: number, headSize: number): Rotation {
  const half = headSize / 2;
  const { cos, sin } = rotationTables(context, headSize);
  const at = (table: HostArray<"float32">): Tensor => {
    const values = constant(table);
    if (typeof positions === "number") return reshape(slice(values, 0, 0, positions), [positions, 1, half]);
    const [batch, length] = positions.shape as [Dim, Dim];
    return reshape(gather(values, positions), [batch, length, 1, half]);
  };
  return { cos: at(cos), sin: at(sin) };
}

/** Turns the queries and keys in projections [batch, length, 3 · width]; values stay. */
export function rotate(qkv: Tensor, heads: number, { cos, sin }: Rotation): Tensor {
  const [batch, length, total] = qkv.shape as [Dim, Dim, number];
  const d = staticDim("rotary", qkv.shape, 2) / 3 / heads;
  const turned = reshape(slice(qkv, 2, 0, (total / 3) * 2), [batch, length, 2 * heads, d]);
  const [a, b] = [slice(turned, 3, 0, d / 2), slice(turned, 3, d / 2, d / 2)];
  const both = concatenate(
    [subtract(multiply(a, cos), multiply(b, sin)), add(multiply(b, cos), multiply(a, sin))],
    3,
  );
  return concatenate(
    [reshape(both, [batch, length, (total / 3) * 2]), slice(qkv, 2, (total / 3) * 2, total / 3)],
    2,
  );
}
