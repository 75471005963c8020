/**
 * Products with matrices, and rows of tables, stored in 4 or 8 bits: blocks of numbers that share a scale,
 * w = (q - 2^(bits - 1)) · scale, packed as ONNX Runtime's MatMulNBits reads them.
 */
import { sizeOf } from "../core/array.ts";
import { ShapeError } from "../core/errors.ts";
import { sameShape, staticDim } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { defineOp, drawn, indices, none, positive, type ReferenceArray, real, typed } from "./define.ts";

export type Bits = 4 | 8;

const bytes = drawn("uint8", (u) => Math.floor(u * 256));

type Packing = {
  readonly bits: Bits;
  /** Numbers that share a scale. */
  readonly block: number;
  /** Length of a row before packing; its last block is filled up with zeros. */
  readonly width: number;
};

type ProductAttributes = Packing & {
  /** `int8`: the other operand is rounded to 8 bits too, block by block, which is what makes this fast. */
  readonly activations: "float32" | "int8";
};

/** Bytes of a packed row. */
export const packedBytes = ({ bits, block, width }: Packing): number =>
  (Math.ceil(width / block) * block * bits) / 8;

export const quantizedProductOp = defineOp({
  name: "quantized_product",
  inputs: ["x", "packed", "scales", "bias?"],
  outputs: ["y"],
  attributes: typed<ProductAttributes>(),
  infer({ x, packed, scales, bias }, packing) {
    const outputs = staticDim("quantized_product", packed.shape, 0);
    const width = x.shape.at(-1);
    const blocks = [outputs, Math.ceil(packing.width / packing.block)];
    const bytes = [...blocks, (packing.block * packing.bits) / 8];
    if (packed.dtype !== "uint8" || !sameShape(packed.shape, bytes) || !sameShape(scales.shape, blocks))
      throw new ShapeError("quantized_product", `expected [${bytes}] and [${blocks}]`, [packed, scales]);
    if (x.shape.length < 2 || width !== packing.width)
      throw new ShapeError("quantized_product", `expected [..., ${packing.width}]`, [x.shape]);
    if (bias && bias.shape[0] !== outputs)
      throw new ShapeError("quantized_product", "the bias has another length", [bias.shape, packed.shape]);
    return { y: { dtype: "float32", shape: [...x.shape.slice(0, -1), outputs] } };
  },
  vjp: none("rounded weights are for inference; train the float ones"),
  lower(emit, { x, packed, scales, bias }, { bits, block, width, activations }) {
    const optional = bias ? [undefined, undefined, bias] : [];
    const y = emit.node("MatMulNBits", [x, packed, scales, ...optional], {
      domain: "com.microsoft",
      attributes: {
        K: width,
        N: staticDim("quantized_product", packed.shape, 0),
        bits,
        block_size: block,
        accuracy_level: activations === "int8" ? 4 : 1,
      },
    });
    return { y };
  },
  reference({ x, packed, scales, bias }, packing, { y }) {
    const outputs = y.shape.at(-1)!;
    const rows = sizeOf(y.shape) / outputs;
    const { width } = packing;
    for (let j = 0; j < outputs; j++) {
      const weights = unpackRow(packed, scales, j, packing);
      for (let i = 0; i < rows; i++) {
        let total = bias?.data[j] ?? 0;
        for (let k = 0; k < width; k++) total += x.data[i * width + k]! * weights[k]!;
        y.data[i * outputs + j] = total;
      }
    }
  },
  samples: ([4, 8] as const).flatMap((bits) => [
    {
      title: `${bits} bits, three axes`,
      inputs: { x: real(2, 3, 64), packed: bytes(5, 2, 4 * bits), scales: positive(5, 2) },
      attributes: { bits, block: 32, width: 64, activations: "float32" as const },
    },
    {
      title: `${bits} bits`,
      inputs: { x: real(3, 64), packed: bytes(5, 2, 4 * bits), scales: positive(5, 2) },
      attributes: { bits, block: 32, width: 64, activations: "float32" as const },
    },
    {
      title: `${bits} bits, bias`,
      inputs: { x: real(1, 32), packed: bytes(4, 1, 4 * bits), scales: positive(4, 1), bias: real(4) },
      attributes: { bits, block: 32, width: 32, activations: "float32" as const },
    },
  ]),
});

/**
 * x · Wᵀ + bias with packed W.
 * @param x [..., width]
 * @param packed uint8 [outputs, blocks, bytes of a block]
 * @param scales [outputs, blocks]
 * @param bias [outputs]
 * @returns [..., outputs]
 */
export function quantizedProduct(
  x: Tensor,
  packed: Tensor,
  scales: Tensor,
  bias: Tensor | undefined,
  attributes: ProductAttributes,
): Tensor {
  return quantizedProductOp.apply({ x, packed, scales, bias }, attributes).y;
}

export const quantizedRowsOp = defineOp({
  name: "quantized_rows",
  inputs: ["packed", "scales", "index"],
  outputs: ["rows"],
  attributes: typed<Packing>(),
  infer({ packed, scales, index }, packing) {
    const [size, row] = packed.shape;
    const fits = packed.shape.length === 2 && row === packedBytes(packing) && scales.shape[0] === size;
    if (!fits || packing.width % packing.block !== 0)
      throw new ShapeError("quantized_rows", "expected rows of whole blocks, and scales", [packed, scales]);
    return { rows: { dtype: "float32", shape: [...index.shape, packing.width] } };
  },
  vjp: none("rounded weights are for inference; train the float ones"),
  lower: (emit, { packed, scales, index }, { bits, block }) => ({
    rows: emit.node("GatherBlockQuantized", [packed, index, scales], {
      domain: "com.microsoft",
      attributes: { gather_axis: 0, quantize_axis: 1, block_size: block, bits },
    }),
  }),
  reference({ packed, scales, index }, packing, { rows }) {
    index.data.forEach((row, i) => {
      rows.data.set(unpackRow(packed, scales, row, packing), i * packing.width);
    });
  },
  samples: ([4, 8] as const).map((bits) => ({
    title: `${bits} bits`,
    inputs: { packed: bytes(5, 8 * bits), scales: positive(5, 2), index: indices(5, 2, 3) },
    attributes: { bits, block: 32, width: 64 },
  })),
});

/**
 * Rows of a packed table by number.
 * @param packed uint8 [rows, bytes of a row]
 * @param scales [rows, blocks]
 * @returns [...index, width]
 */
export function quantizedRows(packed: Tensor, scales: Tensor, index: Tensor, packing: Packing): Tensor {
  return quantizedRowsOp.apply({ packed, scales, index }, packing).rows;
}

/** The numbers of one packed row. */
function unpackRow(
  packed: ReferenceArray,
  scales: ReferenceArray,
  row: number,
  { bits, block, width }: Packing,
): Float64Array {
  const blocks = Math.ceil(width / block);
  const start = row * packedBytes({ bits, block, width });
  return Float64Array.from({ length: width }, (_, k) => {
    const byte = packed.data[start + Math.floor((k * bits) / 8)]!;
    const q = bits === 8 ? byte : k % 2 === 0 ? byte & 15 : byte >> 4;
    return (q - 2 ** (bits - 1)) * scales.data[row * blocks + Math.floor(k / block)]!;
  });
}
