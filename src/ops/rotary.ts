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
import { checkTensor } from "../graph/operands.ts";
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
  /**
   * Positions are divided by it, so that a longer context has the angles of a shorter one; or only those of pairs
   * that turn slowly. Default 1.
   */
  readonly scaling?: number | BandScaling | undefined;
  /** Numbers of a head that are turned, the first ones: even. The rest stay as they are. Default: all. */
  readonly rotaryDim?: number | undefined;
}

/**
 * Llama 3.1's: pairs that turn less than `low` times within `context`, the context that the model was first trained
 * with, are slowed down by `factor`; those that turn more than `high` times are not, and those between in part.
 */
export type BandScaling = readonly [factor: number, low: number, high: number, context: number];

const rotationNames = optionNames<keyof Rotation>()("context headSize base scaling rotaryDim");
type RotaryAttributes = { readonly [K in keyof Rotation]: Rotation[K] } & { readonly back: boolean };

/** How far each pair turns at each position, in radians: base^(-2i / d), scaled. Section 3.4.3. */
export function rotationFrequencies({
  headSize,
  rotaryDim = headSize,
  base = 10_000,
  scaling = 1,
}: Omit<Rotation, "context">): number[] {
  const half = rotaryDim / 2;
  return Array.from({ length: half }, (_, i) => {
    const frequency = base ** (-i / half);
    if (typeof scaling === "number") return frequency / scaling;
    const [factor, low, high, context] = scaling;
    const turns = (context * frequency) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return frequency * (kept + (1 - kept) / factor);
  });
}

type Table = HostArray<"float32">;
type Tables = Readonly<Record<"cos" | "sin", Table>>;
const known = new Map<string, Tables>();

/** Cosines and sines of the angles: [context, rotaryDim / 2]. The same arrays each time. */
export function rotationTables(rotation: Rotation): Tables {
  const { context, headSize, base, scaling, rotaryDim = headSize } = rotation;
  const key = JSON.stringify([context, headSize, base, scaling, rotaryDim]);
  return remember(known, key, () => {
    const steps = rotationFrequencies(rotation);
    const table = (data: Float32Array) => float32([context, steps.length], data);
    const { cos, sin } = cosinesAndSines(steps, context);
    return { cos: table(cos), sin: table(sin) };
  });
}

/** Positions of which each pair has one cosine and one sine of its own. */
const SPAN = 64;

/**
 * Cosines and sines of `position · step` for each position, row by row. The angle at a position is that of the last
 * multiple of SPAN and that of the rest, so the rules for sums of angles give most of them, in float64: contexts of
 * 100,000 positions would take a third of a second.
 */
function cosinesAndSines(steps: readonly number[], context: number) {
  const half = steps.length;
  const [cos, sin] = [new Float32Array(context * half), new Float32Array(context * half)];
  const nearCos = new Float64Array(SPAN * half);
  const nearSin = new Float64Array(SPAN * half);
  for (let k = 0; k < nearCos.length; k++) {
    const angle = Math.floor(k / half) * steps[k % half]!;
    nearCos[k] = Math.cos(angle);
    nearSin[k] = Math.sin(angle);
  }
  for (let start = 0; start < context; start += SPAN) {
    const farCos = steps.map((step) => Math.cos(start * step));
    const farSin = steps.map((step) => Math.sin(start * step));
    const size = Math.min(SPAN, context - start) * half;
    for (let k = 0, i = 0; k < size; k++, i = i + 1 === half ? 0 : i + 1) {
      cos[start * half + k] = farCos[i]! * nearCos[k]! - farSin[i]! * nearSin[k]!;
      sin[start * half + k] = farSin[i]! * nearCos[k]! + farCos[i]! * nearSin[k]!;
    }
  }
  return { cos, sin };
}

const opposites = new WeakMap<Table, Table>();

/** The sines of the opposite angles, which only gradients take. The same array each time. */
function opposite(sin: Table): Table {
  const made =
    opposites.get(sin) ??
    float32(
      sin.shape,
      sin.data.map((value) => -value),
    );
  opposites.set(sin, made);
  return made;
}

export const rotaryOp = defineOp({
  name: "rotary",
  inputs: ["x", "positions?"],
  outputs: ["y"],
  attributes: typed<RotaryAttributes>(),
  infer({ x, positions }, { headSize, rotaryDim = headSize }) {
    const fits = x.shape.length === 3 && staticDim("rotary", x.shape, 2) % headSize === 0;
    if (!fits || rotaryDim % 2 !== 0 || rotaryDim > headSize)
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
    const sin = back ? opposite(tables.sin) : tables.sin;
    const inputs = [x, positions ?? emit.ints([0]), emit.constant(tables.cos), emit.constant(sin)];
    const { headSize, rotaryDim = headSize } = rotation;
    const partly = {
      num_heads: staticDim("rotary", x.shape, 2) / headSize,
      rotary_embedding_dim: rotaryDim,
    };
    const attributes = rotaryDim < headSize ? partly : {};
    return { y: emit.node("RotaryEmbedding", inputs, { domain: "com.microsoft", attributes }) };
  },
  reference({ x, positions }, { back, ...rotation }, { y }) {
    const [, length, width] = sizes("rotary", x.shape, 3);
    const { headSize, rotaryDim = headSize } = rotation;
    const half = rotaryDim / 2;
    const steps = rotationFrequencies(rotation);
    for (let i = 0; i < y.data.length; i++) {
      const row = Math.floor(i / width);
      const position = positions ? positions.data[row]! : row % length;
      const place = i % headSize;
      if (place >= rotaryDim) {
        y.data[i] = x.data[i]!;
        continue;
      }
      const angle = position * steps[place % half]! * (back ? -1 : 1);
      const first = place < half;
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
    {
      title: "slow pairs slowed down",
      inputs: { x: real(2, 4, 8) },
      attributes: {
        context: 4,
        headSize: 8,
        base: 100,
        scaling: [4, 1, 4, 8],
        back: false,
      },
    },
    {
      title: "the first numbers of a head alone",
      inputs: { x: real(2, 3, 16) },
      attributes: { context: 3, headSize: 8, rotaryDim: 4, back: false },
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
  checkTensor(x, "rotary");
  const [, length] = x.shape;
  // Positions that count from 0 need no longer tables than the text.
  const context =
    !positions && typeof length === "number" ? Math.min(length, rotation.context) : rotation.context;
  return turned(x, positions && cast(positions, "int64"), { ...rotation, context, back: false });
}

function turned(x: Tensor, positions: Tensor | undefined, attributes: RotaryAttributes): Tensor {
  return rotaryOp.apply({ x, positions }, attributes).y;
}
