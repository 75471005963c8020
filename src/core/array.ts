/** Dtypes, and arrays of numbers on the host: a flat typed array with a shape, row-major. */
import { ShapeError } from "./errors.ts";
import { invalidOption } from "./options.ts";

export type DType = "float32" | "int32" | "int64" | "bool" | "uint8" | "int8";

export interface DataOf {
  float32: Float32Array;
  int32: Int32Array;
  int64: BigInt64Array;
  /** One byte per element, 0 or 1. */
  bool: Uint8Array;
  uint8: Uint8Array;
  int8: Int8Array;
}

/** A dense row-major array. `data` may be a view into a larger buffer. */
export interface HostArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DataOf[D];
}

/** Where an array lies in a file: row-major, little-endian. */
export interface FilePlace {
  /** Absolute, links resolved. */
  readonly file: string;
  /** First byte. */
  readonly offset: number;
  /** Number of bytes. */
  readonly length: number;
}

/** An array that stays in its file, for a runtime to map into memory as a constant. */
export interface StoredArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly stored: FilePlace;
}

/** An array in the memory of a device, as a run left it there. It is fed again as it is. */
export interface DeviceArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** What the runtime knows it by. */
  readonly device: object;
  /** Frees its memory; it cannot be read after that. */
  release(): void;
}

const arrays: {
  readonly [D in DType]: { new (length: number): DataOf[D]; readonly BYTES_PER_ELEMENT: number };
} = {
  float32: Float32Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
};

const SHAPE = "a list of whole numbers, such as [2, 3]";
const NUMBERS = "numbers, such as [1, 2]";

export const bytesPerElement = (dtype: DType): number => arrays[dtype].BYTES_PER_ELEMENT;

/** Number of elements of a shape; 1 for a scalar's `[]`. */
export function sizeOf(shape: readonly number[]): number {
  if (!Array.isArray(shape)) throw invalidOption("shape", shape, SHAPE);
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

/**
 * Zeros.
 * @throws UsageError for a dtype that there is not, or a length that is no whole number
 */
export function allocate<D extends DType>(dtype: D, length: number): DataOf[D] {
  if (!Object.hasOwn(arrays, dtype))
    throw invalidOption("dtype", dtype, `one of ${Object.keys(arrays).join(", ")}`);
  if (!(Number.isInteger(length) && length >= 0))
    throw invalidOption("length", length, "a whole number of 0 or more");
  return new arrays[dtype](length);
}

/** Wraps `data` as an array of `shape`. Throws {@link ShapeError} where the sizes disagree. */
export function hostArray<D extends DType>(
  dtype: D,
  shape: readonly number[],
  data: DataOf[D] = allocate(dtype, sizeOf(shape)),
): HostArray<D> {
  if (typeof data?.length !== "number") throw invalidOption("data", data, NUMBERS);
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError("array", `${data.length} elements cannot fill the shape`, [shape]);
  }
  return { dtype, shape, data };
}

/** For programs without types. */
function checkShape(shape: unknown): void {
  const sizes = Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0);
  if (!sizes) throw invalidOption("shape", shape, SHAPE);
}

/** For programs without types: `from` would make NaN, or 0, of what is no number. */
function checkNumbers(data: unknown): void {
  const numbers =
    ArrayBuffer.isView(data) || (Array.isArray(data) && data.every((n) => typeof n === "number"));
  if (data !== undefined && !numbers) throw invalidOption("data", data, NUMBERS);
}

/** A float32 array; a `Float32Array` is wrapped, not copied. */
export function float32(
  shape: readonly number[],
  data?: Float32Array | readonly number[],
): HostArray<"float32"> {
  checkShape(shape);
  checkNumbers(data);
  return hostArray("float32", shape, data && (ArrayBuffer.isView(data) ? data : Float32Array.from(data)));
}

/** An int32 array; an `Int32Array` is wrapped, not copied. */
export function int32(shape: readonly number[], data?: Int32Array | readonly number[]): HostArray<"int32"> {
  checkShape(shape);
  checkNumbers(data);
  return hostArray("int32", shape, data && (ArrayBuffer.isView(data) ? data : Int32Array.from(data)));
}

/** The lists one after the other. `push(...list)` would overflow the stack with a hundred thousand ids. */
export function joined(...lists: readonly ArrayLike<number>[]): Int32Array {
  const all = new Int32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}
