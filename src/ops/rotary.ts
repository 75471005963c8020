/**
 * Rotary positions (Su et al. 2021, RoFormer, arXiv 2104.09864): queries and keys are turned by an angle that
 * grows with their position, so that their product depends on the distance alone. The halves of a head are
 * paired, as in GPT-NeoX and Llama.
 */
import { float32, type HostArray } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { sameShape, staticDim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, indices, real, zeros } from "./define.ts";
import { cast } from "./select.ts";

/** Which rotations there are. */
export interface Rotation {
  /** Positions, from 0. */
  readonly context: number;
  /** Numbers of one head, d: even. */
  readonly headSize: number;
}

type RotaryAttributes = Readonly<Record<"context" | "headSize", number>> & { readonly back: boolean };

/** The angle of each pair at each position, row by row: position / 10,000^(2i / d). Section 3.4.3. */
function angles({ context, headSize }: Rotation): Float64Array {
  const half = headSize / 2;
  return Float64Array.from(
    { length: context * half },
    (_, i) => Math.floor(i / half) / 10_000 ** ((i % half) / half),
  );
}

type Tables = Readonly<Record<"cos" | "sin" | "back", HostArray<"float32">>>;
const known = new Map<string, Tables>();

/** Cosines and sines of the angles, and the sines of the opposite ones: [context, d / 2]. The same arrays each time. */
export function rotationTables(rotation: Rotation): Tables {
  const key = `${rotation.context} ${rotation.headSize}`;
  let tables = known.get(key);
  if (!tables) {
    const all = angles(rotation);
    const table = (f: (angle: number) => number) =>
      float32([rotation.context, rotation.headSize / 2], Float32Array.from(all, f));
    tables = { cos: table(Math.cos), sin: table(Math.sin), back: table((angle) => -Math.sin(angle)) };
    known.set(key, tables);
  }
  return tables;
}

export const rotaryOp = defineOp<RotaryAttributes>({
  name: "rotary",
  infer([x, at], { headSize }) {
    const fits = x!.shape.length === 3 && staticDim("rotary", x!.shape, 2) % headSize === 0;
    if (!fits || headSize % 2 !== 0)
      throw new ShapeError("rotary", `expected heads of ${headSize} numbers, [batch, length, heads · d]`, [
        x!.shape,
      ]);
    if (at && !sameShape(at.shape, x!.shape.slice(0, 2)))
      throw new ShapeError("rotary", "expected a position for each token", [x!.shape, at.shape]);
    return [{ dtype: "float32", shape: x!.shape }];
  },
  // The transpose of a rotation is the rotation by the opposite angle.
  vjp: ({ inputs: [, at], cotangents: [g], attributes }) =>
    turned(g!, at, { ...attributes, back: !attributes.back }),
  lower(emit, [x, at], { context, headSize, back }) {
    const tables = rotationTables({ context, headSize });
    const places = at ? at.name : emit.ints([0]);
    const [cos, sin] = [emit.constant(tables.cos), emit.constant(back ? tables.back : tables.sin)];
    return emit.node("RotaryEmbedding", [x!.name, places, cos, sin], { domain: "com.microsoft" });
  },
  reference([x, at], { context, headSize, back }, [out]) {
    const result = zeros(out!.shape);
    const [, length, width] = x!.shape as [number, number, number];
    const half = headSize / 2;
    const all = angles({ context, headSize });
    for (let i = 0; i < result.data.length; i++) {
      const row = Math.floor(i / width);
      const place = at ? at.data[row]! : row % length;
      const angle = all[place * half + (i % half)]! * (back ? -1 : 1);
      const first = i % headSize < half;
      const pair = x!.data[first ? i + half : i - half]!;
      result.data[i] = x!.data[i]! * Math.cos(angle) + (first ? -pair : pair) * Math.sin(angle);
    }
    return [result];
  },
  samples: [
    {
      title: "from the first token on",
      inputs: [real(2, 3, 8)],
      attributes: { context: 5, headSize: 4, back: false },
    },
    {
      title: "at places",
      inputs: [real(2, 3, 8), { ...indices(5, 2, 3), dtype: "int64" }],
      attributes: { context: 5, headSize: 8, back: false },
    },
    { title: "back", inputs: [real(2, 3, 4)], attributes: { context: 3, headSize: 2, back: true } },
  ],
});

/**
 * Turns each head of `x` by the angles at its positions.
 * @param x [batch, length, heads · d]
 * @param at int32 [batch, length]. Default: each row counts from 0.
 */
export function rotary(x: Tensor, { context, headSize }: Rotation, at?: Tensor): Tensor {
  return turned(x, at && cast(at, "int64"), { context, headSize, back: false })[0]!;
}

function turned(x: Tensor, at: Tensor | undefined, attributes: RotaryAttributes): readonly Tensor[] {
  return rotaryOp.apply(at ? [x, at] : [x], attributes);
}
