/**
 * Where a model's numbers come from, whatever holds them: named tensors, read one by one into memory that
 * the caller owns, so that a model is never held twice. Runs in a browser.
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
 * Memory to read a tensor into. A Float32Array takes floats of any width, an Int32Array integers (I64 must
 * fit), a BigInt64Array I64, and a Uint8Array, as long as the tensor has bytes, any dtype as it stands.
 */
export type TensorMemory = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface TensorSource {
  /** By name, in the order in which they are fastest to read. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Fills `into`, of as many elements as the tensor has, row-major.
   * @throws InputError `tensor-missing`, `tensor-shape`, `tensor-dtype`, or that of the file.
   */
  read(name: string, into: TensorMemory): Promise<void>;
  /** Where a tensor stands in a file just as its dtype says, so that it can be mapped instead of read. */
  locate?(name: string): FilePlace | undefined;
  /** CRC-32 of a tensor's bytes in the file, where whoever wrote them noted it. `read` checks it already. */
  checksum?(name: string): number | undefined;
  close(): Promise<void>;
}

/** @throws InputError `tensor-damaged` where the bytes are not those that were written */
export function checkSum(name: string, found: number, noted: number | undefined, where: string): void {
  if (noted !== undefined && noted !== found) throw damaged(`Tensor "${name}"`, where);
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
      // A copy, as tensors may stand at odd addresses.
      if (direct) direct.set(bytes.subarray(tensor.begin, tensor.end));
      else convertElements(tensor.dtype, bytes.slice(tensor.begin, tensor.end), into);
    },
    async close() {},
  };
}

/** The tensor called `name`, if it exists and can be read into `into`. */
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

/** The bytes of `into`, where it stores elements of `dtype` exactly as the file does (little-endian). */
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

/** Converts `bytes`, which start at an aligned address, to the elements of `into`, which are as many. */
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

/** The index of the first number that is infinite or not a number, or -1. */
function firstNonFinite(data: Float32Array): number {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & 0x7f800000) === 0x7f800000) return i;
  }
  return -1;
}

/**
 * Refuses weights with a NaN or an infinity in them; `first` is the index of `data`'s first in the tensor.
 * @throws InputError `tensor-not-finite` with the tensor's name and the flat index of the first.
 */
export function checkFinite(name: string, data: Float32Array, first = 0): void {
  const index = firstNonFinite(data);
  if (index < 0) return;
  throw new InputError(
    "tensor-not-finite",
    `Tensor "${name}" holds ${data[index]} at element ${first + index}, so the model is damaged; get another copy or an earlier checkpoint.`,
    { name, index: first + index },
  );
}
