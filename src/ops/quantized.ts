/**
 * Products with matrices, and rows of tables, stored in 4 or 8 bits: blocks of numbers that share a scale,
 * w = (q - 2^(bits - 1)) · scale, packed as ONNX Runtime's MatMulNBits reads them.
 */
import { ShapeError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Aval, Tensor } from "../graph/tensor.ts";
import {
  defineOp,
  indices,
  none,
  positive,
  type ReferenceArray,
  real,
  type SampleInput,
  zeros,
} from "./define.ts";

export type Bits = 4 | 8;

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

export const quantizedProductOp = defineOp<ProductAttributes>({
  name: "quantized_product",
  infer([x, packed, scales, bias], packing) {
    const [outputs] = packed!.shape;
    checkPacking("quantized_product", packed!, scales!, packing);
    if (x!.shape.length !== 2 || x!.shape[1] !== packing.width)
      throw new ShapeError("quantized_product", `expected [rows, ${packing.width}]`, [x!.shape]);
    if (bias && bias.shape[0] !== outputs)
      throw new ShapeError("quantized_product", "the bias has another length", [bias.shape, packed!.shape]);
    return [{ dtype: "float32", shape: [x!.shape[0]!, outputs!] }];
  },
  vjp: none("rounded weights are for inference; train the float ones"),
  lower(emit, inputs, { bits, block, width, activations }, [out]) {
    const [x, packed, scales, bias] = inputs.map((input) => input.name) as [string, string, string, string?];
    return emit.node("MatMulNBits", [x, packed, scales, ...(bias ? ["", "", bias] : [])], {
      domain: "com.microsoft",
      attributes: {
        K: width,
        N: out!.shape[1] as number,
        bits,
        block_size: block,
        accuracy_level: activations === "int8" ? 4 : 1,
      },
    });
  },
  reference([x, packed, scales, bias], packing, [out]) {
    const result = zeros(out!.shape);
    const [rows, outputs] = result.shape as [number, number];
    const { width } = packing;
    for (let j = 0; j < outputs; j++) {
      const weights = unpackRow(packed!, scales!, j, packing);
      for (let i = 0; i < rows; i++) {
        let total = bias?.data[j] ?? 0;
        for (let k = 0; k < width; k++) total += x!.data[i * width + k]! * weights[k]!;
        result.data[i * outputs + j] = total;
      }
    }
    return [result];
  },
  samples: ([4, 8] as const).flatMap((bits) => [
    {
      title: `${bits} bits`,
      inputs: [real(3, 64), bytes(5, 2, 4 * bits), positive(5, 2)],
      attributes: { bits, block: 32, width: 64, activations: "float32" as const },
    },
    {
      title: `${bits} bits, bias`,
      inputs: [real(1, 32), bytes(4, 1, 4 * bits), positive(4, 1), real(4)],
      attributes: { bits, block: 32, width: 32, activations: "float32" as const },
    },
  ]),
});

/**
 * x · Wᵀ + bias with packed W.
 * @param x [rows, width]
 * @param packed uint8 [outputs, blocks, bytes of a block]
 * @param scales [outputs, blocks]
 * @param bias [outputs]
 * @returns [rows, outputs]
 */
export function quantizedProduct(
  x: Tensor,
  packed: Tensor,
  scales: Tensor,
  bias: Tensor | undefined,
  attributes: ProductAttributes,
): Tensor {
  return quantizedProductOp.apply(bias ? [x, packed, scales, bias] : [x, packed, scales], attributes)[0]!;
}

export const quantizedRowsOp = defineOp<Packing>({
  name: "quantized_rows",
  infer([packed, scales, index], packing) {
    const [size] = packed!.shape;
    const fits =
      packed!.shape.length === 2 && packed!.shape[1] === packedBytes(packing) && scales!.shape[0] === size;
    if (!fits || packing.width % packing.block !== 0)
      throw new ShapeError(
        "quantized_rows",
        "expected bytes [rows, bytes], scales [rows, blocks] and whole blocks",
        [packed!.shape, scales!.shape],
      );
    return [{ dtype: "float32", shape: [...index!.shape, packing.width] }];
  },
  vjp: none("rounded weights are for inference; train the float ones"),
  lower: (emit, inputs, { bits, block }) =>
    emit.node("GatherBlockQuantized", [inputs[0]!.name, inputs[2]!.name, inputs[1]!.name], {
      domain: "com.microsoft",
      attributes: { gather_axis: 0, quantize_axis: 1, block_size: block, bits },
    }),
  reference([packed, scales, index], packing, [out]) {
    const result = zeros(out!.shape);
    index!.data.forEach((row, i) => {
      result.data.set(unpackRow(packed!, scales!, row, packing), i * packing.width);
    });
    return [result];
  },
  samples: ([4, 8] as const).map((bits) => ({
    title: `${bits} bits`,
    inputs: [bytes(5, 8 * bits), positive(5, 2), indices(5, 2, 3)],
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
  return quantizedRowsOp.apply([packed, scales, index], packing)[0]!;
}

function checkPacking(op: string, packed: Aval, scales: Aval, { bits, block, width }: Packing): void {
  const blocks = Math.ceil(width / block);
  const wanted: Shape = [packed.shape[0]!, blocks, (block * bits) / 8];
  const fits =
    packed.dtype === "uint8" &&
    packed.shape.length === 3 &&
    wanted.every((d, i) => d === packed.shape[i]) &&
    scales.shape.length === 2 &&
    scales.shape[0] === packed.shape[0] &&
    scales.shape[1] === blocks;
  if (!fits)
    throw new ShapeError(
      op,
      `expected bytes [outputs, ${blocks}, ${(block * bits) / 8}] and scales [outputs, ${blocks}]`,
      [packed.shape, scales.shape],
    );
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

function bytes(...shape: number[]): SampleInput {
  return { shape, dtype: "uint8", values: (u) => Math.floor(u * 256) };
}
