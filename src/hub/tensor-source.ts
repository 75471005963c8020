/**
 * A source of named tensors, read one by one into memory of the caller, so that a model is never in memory twice.
 * Runs in a browser.
 */
import { type FilePlace, sizeOf } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { bfloatToFloat, halfToFloat } from "./half.ts";
import {
  headerLength,
  parseHeader,
  type SafetensorsDType,
  safetensorsBytes,
  type TensorInfo,
} from "./safetensors.ts";

/**
 * Memory to read a tensor into. A Float32Array takes floats of any width, an Int32Array integers (I64 must fit), a
 * BigInt64Array I64, and a Uint8Array of as many bytes as the tensor the bytes of any dtype.
 */
export type TensorMemory = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface TensorSource {
  /** By name, in the order that is fastest to read. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Fills `into`, which has as many elements as the tensor, row-major.
   * @throws InputError `tensor-missing`, `tensor-shape`, `tensor-dtype`, or that of the file.
   */
  read(name: string, into: TensorMemory): Promise<void>;
  /** The place of a tensor's bytes in a file, so that it can be mapped instead of read; undefined where it has none. */
  locate?(name: string): FilePlace | undefined;
  /** Some bytes of a tensor as the file has them, counted from its first one, where a source has no place in a file. */
  part?(name: string, begin: number, end: number): Promise<Uint8Array | undefined>;
  /** CRC-32 of a tensor's bytes, if the file records it. `read` checks it. */
  checksum?(name: string): number | undefined;
  close(): Promise<void>;
}

/** @throws InputError `tensor-damaged` where the bytes have changed since they were written */
export function checkSum(name: string, found: number, recorded: number | undefined, where: string): void {
  if (recorded !== undefined && recorded !== found) throw damaged(`Tensor "${name}"`, where);
}

export const damaged = (what: string, where: string): InputError =>
  new InputError(
    "tensor-damaged",
    `${what} of ${where} is not as it was written, so the file is damaged; get another copy or an earlier checkpoint.`,
    { file: where },
  );

/** The tensors of a whole safetensors file in memory. Errors: `parseHeader`. */
export function bufferTensors(file: ArrayBuffer, where = "the model file"): TensorSource {
  const bytes = new Uint8Array(file);
  const length = headerLength(bytes.subarray(0, 64), bytes.byteLength, where);
  const header = parseHeader(bytes.subarray(8, 8 + length), bytes.byteLength, where);
  return {
    ...header,
    async read(name, into) {
      const tensor = findTensor(header.tensors, name, into, where);
      const direct = directBytes(tensor.dtype, into);
      // A copy, since a tensor's address may be unaligned.
      if (direct) direct.set(bytes.subarray(tensor.begin, tensor.end));
      else convertElements(tensor.dtype, bytes.slice(tensor.begin, tensor.end), into);
    },
    async part(name, begin, end) {
      const first = header.tensors.get(name)?.begin;
      return first === undefined ? undefined : bytes.subarray(first + begin, first + end);
    },
    async close() {},
  };
}

/** The tensor `name`. @throws InputError where it does not exist or cannot be read into `into` */
export function findTensor(
  tensors: ReadonlyMap<string, TensorInfo>,
  name: string,
  into: TensorMemory,
  where: string,
): TensorInfo {
  const tensor = tensors.get(name);
  if (!tensor) {
    throw new InputError("tensor-missing", `${where} has no tensor "${name}".`, { file: where, name });
  }
  const { dtype, shape } = tensor;
  const fits = into instanceof Uint8Array ? tensor.end - tensor.begin : sizeOf(shape);
  if (into.length !== fits) {
    const reason = `it has ${fits} elements ([${shape.join(", ")}]), not ${into.length}`;
    throw new InputError("tensor-shape", `Cannot read tensor "${name}" of ${where}: ${reason}.`, {
      name,
      shape,
    });
  }
  if (!directBytes(dtype, into) && !converts(dtype, into)) {
    const wanted = into.constructor.name;
    throw new InputError(
      "tensor-dtype",
      `Cannot read tensor "${name}" of ${where}: it holds ${dtype}, which does not fit a ${wanted}.`,
      { name, dtype },
    );
  }
  return tensor;
}

/** The bytes of `into`, if it stores elements of `dtype` as the file does (little-endian). */
export function directBytes(dtype: SafetensorsDType, into: TensorMemory): Uint8Array | undefined {
  const same =
    into instanceof Uint8Array ||
    (dtype === "F32" && into instanceof Float32Array) ||
    (dtype === "I32" && into instanceof Int32Array) ||
    (dtype === "I64" && into instanceof BigInt64Array);
  return same ? new Uint8Array(into.buffer, into.byteOffset, into.byteLength) : undefined;
}

function converts(dtype: SafetensorsDType, into: TensorMemory): boolean {
  if (into instanceof Float32Array) return dtype === "F16" || dtype === "BF16" || dtype === "F64";
  return into instanceof Int32Array && (dtype === "I64" || dtype === "I16" || dtype === "I8");
}

/** Converts `bytes`, which start at an aligned address, to the same number of elements in `into`. */
export function convertElements(dtype: SafetensorsDType, bytes: Uint8Array, into: TensorMemory): void {
  const { buffer, byteOffset: at } = bytes;
  const n = bytes.byteLength / safetensorsBytes[dtype];
  if (into instanceof Float32Array) {
    if (dtype === "F16") halfToFloat(new Uint16Array(buffer, at, n), into);
    else if (dtype === "BF16") bfloatToFloat(new Uint16Array(buffer, at, n), into);
    else into.set(new Float64Array(buffer, at, n));
  } else if (into instanceof Int32Array) {
    if (dtype === "I16") into.set(new Int16Array(buffer, at, n));
    else if (dtype === "I8") into.set(new Int8Array(buffer, at, n));
    else into.set(Array.from(new BigInt64Array(buffer, at, n), toInt32));
  }
}

function toInt32(value: bigint): number {
  if (BigInt.asIntN(32, value) !== value) {
    throw new InputError("tensor-dtype", `The integer ${value} does not fit 32 bits; read it as 64 bits.`);
  }
  return Number(value);
}

/**
 * @param first the index in the tensor of `data`'s first element
 * @throws InputError `tensor-not-finite`, with the tensor's name and the element's flat index, for NaN or infinity
 */
export function checkFinite(name: string, data: Float32Array, first = 0): void {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & 0x7f800000) !== 0x7f800000) continue;
    throw new InputError(
      "tensor-not-finite",
      `Tensor "${name}" holds ${data[i]} at element ${first + i}, so the model is damaged; get another copy or an earlier checkpoint.`,
      { name, index: first + i },
    );
  }
}
