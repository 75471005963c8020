/**
 * Messages in protobuf's wire format (protobuf.dev/programming-guides/encoding): the part of it that ONNX files need,
 * which loads in a tenth of a library's time.
 */
import { joinBytes } from "../core/utf8.ts";

/** Whole numbers to this are one byte each. */
const LOW_BITS = 0x7f;
const MORE = 0x80;

/** Writes fields one after another: each is its {@link tag}, then its value. */
export class WireWriter {
  /** What is written, but for the bytes that are still in `#recent`. */
  #parts: Uint8Array[] = [];
  #recent: number[] = [];
  /** Messages that are being written, the outer ones first. */
  readonly #open: { readonly parts: Uint8Array[]; readonly recent: number[] }[] = [];

  /** A whole number of 0 or more. */
  uint32(value: number): this {
    let left = value;
    while (left > LOW_BITS) {
      this.#recent.push((left % MORE) | MORE);
      left = Math.floor(left / MORE);
    }
    this.#recent.push(left);
    return this;
  }

  /** A whole number; negative ones are ten bytes. */
  int64(value: number): this {
    if (value >= 0) return this.uint32(value);
    let left = BigInt.asUintN(64, BigInt(value));
    while (left > LOW_BITS) {
      this.#recent.push(Number(left & 0x7fn) | MORE);
      left >>= 7n;
    }
    this.#recent.push(Number(left));
    return this;
  }

  float(value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#recent.push(...bytes);
    return this;
  }

  /** With their number before them. */
  bytes(value: Uint8Array): this {
    this.uint32(value.length);
    this.#flush();
    this.#parts.push(value);
    return this;
  }

  string(value: string): this {
    return this.bytes(new TextEncoder().encode(value));
  }

  /** Begins a message within the one being written. */
  fork(): this {
    this.#open.push({ parts: this.#parts, recent: this.#recent });
    this.#parts = [];
    this.#recent = [];
    return this;
  }

  /** Ends it. */
  join(): this {
    this.#flush();
    const inner = this.#parts;
    const { parts, recent } = this.#open.pop()!;
    this.#parts = parts;
    this.#recent = recent;
    this.uint32(inner.reduce((total, part) => total + part.length, 0));
    this.#flush();
    for (const part of inner) this.#parts.push(part);
    return this;
  }

  /** All that was written. */
  finish(): Uint8Array<ArrayBuffer> {
    this.#flush();
    return joinBytes(this.#parts);
  }

  #flush(): void {
    if (this.#recent.length === 0) return;
    this.#parts.push(Uint8Array.from(this.#recent));
    this.#recent = [];
  }
}

/** What precedes a value: the number of its field, and how it is written: 0 a whole number, 2 bytes, 5 a float. */
export const tag = (field: number, wireType: 0 | 2 | 5): number => (field << 3) | wireType;
