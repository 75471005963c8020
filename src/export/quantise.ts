/**
 * The number formats of GGUF files that Punchline writes, as ggml defines them (ggml-quants.c,
 * `quantize_row_q8_0_ref` and `quantize_row_q4_0_ref`): blocks of 32 numbers of a row share one scale.
 */
import { floatToHalf } from "../hub/half.ts";

export const ggufTypes = ["f32", "f16", "q8_0", "q4_0"] as const;
export type GgufType = (typeof ggufTypes)[number];

interface Format {
  /** ggml's number of the format. */
  readonly id: number;
  /** Numbers in a block: rows must be a multiple of it. */
  readonly block: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Encodes whole blocks. */
  encode(values: Float32Array): Uint8Array;
}

const BLOCK = 32;

export const ggufFormats: Readonly<Record<GgufType, Format>> = {
  f32: {
    id: 0,
    block: 1,
    bytes: 4,
    encode: ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  },
  f16: {
    id: 1,
    block: 1,
    bytes: 2,
    encode(values) {
      const half = new Uint16Array(values.length);
      floatToHalf(values, half);
      return new Uint8Array(half.buffer);
    },
  },
  q8_0: { id: 8, block: BLOCK, bytes: 34, encode: (values) => encodeBlocks(values, 34, q8) },
  q4_0: { id: 2, block: BLOCK, bytes: 18, encode: (values) => encodeBlocks(values, 18, q4) },
};

/** Writes the block's whole numbers to `into` and returns its scale. */
type BlockEncoder = (block: Float32Array, into: Uint8Array) => number;

/** Each block: its scale as binary16, then its numbers. */
function encodeBlocks(values: Float32Array, bytes: number, encode: BlockEncoder): Uint8Array {
  const blocks = values.length / BLOCK;
  const out = new Uint8Array(blocks * bytes);
  const scales = new Float32Array(blocks);
  for (let b = 0; b < blocks; b++) {
    const block = values.subarray(b * BLOCK, (b + 1) * BLOCK);
    scales[b] = encode(block, out.subarray(b * bytes + 2, (b + 1) * bytes));
  }
  const halves = new Uint16Array(blocks);
  floatToHalf(scales, halves);
  for (let b = 0; b < blocks; b++) {
    out[b * bytes] = halves[b]! & 0xff;
    out[b * bytes + 1] = halves[b]! >>> 8;
  }
  return out;
}

/** Bytes from -127 to 127; the largest magnitude becomes ±127. */
const q8: BlockEncoder = (block, into) => {
  let largest = 0;
  for (const v of block) largest = Math.max(largest, Math.abs(v));
  const inverse = largest === 0 ? 0 : 127 / largest;
  block.forEach((v, i) => {
    into[i] = roundAway(v * inverse);
  });
  return largest / 127;
};

/** Numbers from -8 to 7; the largest magnitude becomes -8. The block's second half goes into the upper four bits. */
const q4: BlockEncoder = (block, into) => {
  let largest = 0;
  for (const v of block) if (Math.abs(v) > Math.abs(largest)) largest = v;
  const scale = largest / -8;
  const inverse = scale === 0 ? 0 : 1 / scale;
  const quantised = (i: number) => Math.min(15, Math.trunc(block[i]! * inverse + 8.5));
  for (let i = 0; i < BLOCK / 2; i++) into[i] = quantised(i) | (quantised(i + BLOCK / 2) << 4);
  return scale;
};

/** To the nearest whole number, halves away from zero, as C's `roundf`. */
const roundAway = (v: number): number => Math.sign(v) * Math.round(Math.abs(v));
