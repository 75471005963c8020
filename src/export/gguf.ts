/**
 * The GGUF file format, version 3 (github.com/ggml-org/ggml, docs/gguf.md): metadata, a table of tensors,
 * and their numbers, each tensor at a multiple of 32 bytes. Little-endian throughout.
 */
import { sizeOf } from "../core/array.ts";
import { joinBytes } from "../core/utf8.ts";
import { type GgufType, ggufFormats } from "./quantise.ts";

/** A metadata value with its type, which readers check. */
export type GgufValue =
  | { readonly uint32: number }
  | { readonly float32: number }
  | { readonly bool: boolean }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly int32s: readonly number[] }
  | { readonly float32s: readonly number[] };

export interface GgufTensor {
  readonly name: string;
  /** Row-major, outermost axis first; the file lists the axes in reverse. */
  readonly shape: readonly number[];
  readonly type: GgufType;
  /** Reads the numbers; called when they are written. */
  read(): Promise<Float32Array>;
}

const ALIGNMENT = 32;
const VERSION = 3;
/** `gguf_metadata_value_type` */
const kind = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

/** The file in chunks: one tensor in memory at a time. */
export async function* ggufChunks(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): AsyncGenerator<Uint8Array> {
  const head = new Bytes();
  head.raw(new TextEncoder().encode("GGUF"));
  head.uint32(VERSION);
  head.uint64(tensors.length);
  head.uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    head.string(key);
    writeValue(head, value);
  }
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    head.string(name);
    head.uint32(shape.length);
    for (const size of shape.toReversed()) head.uint64(size);
    head.uint32(ggufFormats[type].id);
    head.uint64(offset);
    const { block, bytes } = ggufFormats[type];
    offset += aligned((sizeOf(shape) / block) * bytes);
  }
  yield padded(head.finish());
  for (const tensor of tensors) yield padded(ggufFormats[tensor.type].encode(await tensor.read()));
}

function writeValue(to: Bytes, value: GgufValue): void {
  if ("uint32" in value) {
    to.uint32(kind.uint32);
    to.uint32(value.uint32);
  } else if ("float32" in value) {
    to.uint32(kind.float32);
    to.raw(new Uint8Array(Float32Array.of(value.float32).buffer));
  } else if ("bool" in value) {
    to.uint32(kind.bool);
    to.raw(Uint8Array.of(Number(value.bool)));
  } else if ("string" in value) {
    to.uint32(kind.string);
    to.string(value.string);
  } else if ("strings" in value) {
    to.uint32(kind.array);
    to.uint32(kind.string);
    to.uint64(value.strings.length);
    for (const text of value.strings) to.string(text);
  } else if ("float32s" in value) {
    to.uint32(kind.array);
    to.uint32(kind.float32);
    to.uint64(value.float32s.length);
    to.raw(new Uint8Array(Float32Array.from(value.float32s).buffer));
  } else {
    to.uint32(kind.array);
    to.uint32(kind.int32);
    to.uint64(value.int32s.length);
    to.raw(new Uint8Array(Int32Array.from(value.int32s).buffer));
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % ALIGNMENT === 0) return bytes;
  const out = new Uint8Array(aligned(bytes.length));
  out.set(bytes);
  return out;
}

/** A growing buffer. */
class Bytes {
  readonly #parts: Uint8Array[] = [];

  raw(bytes: Uint8Array): void {
    this.#parts.push(bytes);
  }

  uint32(value: number): void {
    this.raw(new Uint8Array(Uint32Array.of(value).buffer));
  }

  uint64(value: number): void {
    this.raw(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  string(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.uint64(bytes.length);
    this.raw(bytes);
  }

  finish(): Uint8Array {
    return joinBytes(this.#parts);
  }
}
