/**
 * Rotary positions (Su et al. 2021, RoFormer, arXiv 2104.09864): queries and keys are turned by an angle that
 * grows with their position, so that their product depends on the distance alone. The halves of a head are
 * paired, as in GPT-NeoX and Llama.
 */
import { float32, type HostArray } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { checkOptions, optionNames } from "../core/options.ts";
import { remember } from "../core/remember.ts";
import { sameShape, sizes, staticDim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, indices, real, typed } from "./define.ts";
import { cast } from "./select.ts";

/** Which rotations there are. */
export interface Rotation {
  /** Positions, from 0. */
  readonly context: number;
  /** Numbers of one head, d: even. */
  readonly headSize: number;
  /** The slowest pair turns by about 1 / base at each position; larger ones reach further. Default 10,000. */
  readonly base?: number | undefined;
  /** Positions are divided by it, so that a longer context has the angles of a shorter one. Default 1. */
  readonly scaling?: number | undefined;
}

const rotationNames = optionNames<keyof Rotation>()("context headSize base scaling");
type RotaryAttributes = { readonly [K in keyof Rotation]: Rotation[K] } & { readonly back: boolean };

/** The angle of each pair at each position, row by row: position / scaling / base^(2i / d). Section 3.4.3. */
function angles({ context, headSize, base = 10_000, scaling = 1 }: Rotation): Float64Array {
  const half = headSize / 2;
  return Float64Array.from(
    { length: context * half },
    (_, i) => Math.floor(i / half) / scaling / base ** ((i % half) / half),
  );
}

type Tables = Readonly<Record<"cos" | "sin" | "back", HostArray<"float32">>>;
const known = new Map<string, Tables>();

/** Cosines and sines of the angles, and the sines of the opposite ones: [context, d / 2]. The same arrays each time. */
export function rotationTables(rotation: Rotation): Tables {
  const { context, headSize, base, scaling } = rotation;
  const key = [context, headSize, base, scaling].join();
  return remember(known, key, () => {
    const all = angles(rotation);
    const table = (f: (angle: number) => number) =>
      float32([context, headSize / 2], Float32Array.from(all, f));
    return { cos: table(Math.cos), sin: table(Math.sin), back: table((angle) => -Math.sin(angle)) };
  });
}

export const rotaryOp = defineOp({
  name: "rotary",
  inputs: ["x", "positions?"],
  outputs: ["y"],
  attributes: typed<RotaryAttributes>(),
  infer({ x, positions }, { headSize }) {
    const fits = x.shape.length === 3 && staticDim("rotary", x.shape, 2) % headSize === 0;
    if (!fits || headSize % 2 !== 0)
      throw new ShapeError("rotary", `expected heads of ${headSize} numbers, [batch, length, heads · d]`, [
        x,
      ]);
    if (positions && !sameShape(positions.shape, x.shape.slice(0, 2)))
      throw new ShapeError("rotary", "expected a position for each token", [x.shape, positions.shape]);
    return { y: { dtype: "float32", shape: x.shape } };
  },
  // The transpose of a rotation is the rotation by the opposite angle.
  vjp: ({ y: g }, { positions }, attributes) => ({
    x: turned(g, positions, { ...attributes, back: !attributes.back }),
  }),
  lower(emit, { x, positions }, { back, ...rotation }) {
    const tables = rotationTables(rotation);
    const sin = back ? tables.back : tables.sin;
    const inputs = [x, positions ?? emit.ints([0]), emit.constant(tables.cos), emit.constant(sin)];
    return { y: emit.node("RotaryEmbedding", inputs, { domain: "com.microsoft" }) };
  },
  reference({ x, positions }, { back, ...rotation }, { y }) {
    const [, length, width] = sizes("rotary", x.shape, 3);
    const { headSize } = rotation;
    const half = headSize / 2;
    const all = angles(rotation);
    for (let i = 0; i < y.data.length; i++) {
      const row = Math.floor(i / width);
      const position = positions ? positions.data[row]! : row % length;
      const angle = all[position * half + (i % half)]! * (back ? -1 : 1);
      const first = i % headSize < half;
      const pair = x.data[first ? i + half : i - half]!;
      y.data[i] = x.data[i]! * Math.cos(angle) + (first ? -pair : pair) * Math.sin(angle);
    }
  },
  samples: [
    {
      title: "from the first token on",
      inputs: { x: real(2, 3, 8) },
      attributes: { context: 5, headSize: 4, back: false },
    },
    {
      title: "at places",
      inputs: { x: real(2, 3, 8), positions: { ...indices(5, 2, 3), dtype: "int64" } },
      attributes: { context: 5, headSize: 8, back: false },
    },
    {
      title: "another base, positions at half the distance",
      inputs: { x: real(2, 3, 8) },
      attributes: { context: 5, headSize: 8, base: 500, scaling: 2, back: false },
    },
    { title: "back", inputs: { x: real(2, 3, 4) }, attributes: { context: 3, headSize: 2, back: true } },
  ],
});

/**
 * Turns each head of `x` by the angles at its positions.
 * @param x [batch, length, heads · d]
 * @param positions int32 [batch, length]. Default: each row counts from 0.
 */
export function rotary(x: Tensor, rotation: Rotation, positions?: Tensor): Tensor {
  checkOptions(rotation, rotationNames);
  return turned(x, positions && cast(positions, "int64"), { ...rotation, back: false });
}

function turned(x: Tensor, positions: Tensor | undefined, attributes: RotaryAttributes): Tensor {
  return rotaryOp.apply({ x, positions }, attributes).y;
}
