/**
 * Checksums of the numbers of a token file, so that a token that was changed into another of the vocabulary is noticed: the
 * CRC-32 of each block of 64 KiB, of which the last may be shorter, 4 bytes each, little-endian. Blocks are so small because
 * a training reads a few tokens here and there, and each block is read whole when the first of its tokens is needed.
 */
import { crc32 } from "node:zlib";

const BLOCK = 1 << 16;
const SUM = 4;

/** Bytes of the checksums of so many bytes. */
export const checksumBytes = (bytes: number): number => SUM * Math.ceil(bytes / BLOCK);

/** Takes the checksums of bytes that are written one after the other. */
export class ChecksumWriter {
  readonly #sums: number[] = [];
  #sum = 0;
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** @returns the bytes themselves */
  add<T extends Uint8Array>(bytes: T): T {
    for (let at = 0; at < bytes.length; ) {
      const n = Math.min(bytes.length - at, BLOCK - (this.#length % BLOCK));
      this.#sum = crc32(bytes.subarray(at, at + n), this.#sum);
      this.#length += n;
      at += n;
      if (this.#length % BLOCK === 0) this.#end();
    }
    return bytes;
  }

  /** The checksums of all. */
  finish(): Buffer {
    if (this.#length % BLOCK !== 0) this.#end();
    const bytes = Buffer.alloc(SUM * this.#sums.length);
    for (const [i, sum] of this.#sums.entries()) bytes.writeUInt32LE(sum, SUM * i);
    return bytes;
  }

  #end(): void {
    this.#sums.push(this.#sum);
    this.#sum = 0;
  }
}

/** Holds the blocks of a file to their checksums, each once. */
export class ChecksumReader {
  readonly #sums: Buffer;
  readonly #from: number;
  readonly #to: number;
  readonly #read: (bytes: Uint8Array, at: number) => void;
  /** By block: 1 where it was found sound. */
  readonly #sound: Uint8Array;
  readonly #block = new Uint8Array(BLOCK);

  /** @param parts the checksums, the places of the file that they are of, and what reads from there */
  constructor(parts: {
    readonly sums: Buffer;
    readonly from: number;
    readonly to: number;
    readonly read: (bytes: Uint8Array, at: number) => void;
  }) {
    this.#sums = parts.sums;
    this.#from = parts.from;
    this.#to = parts.to;
    this.#read = parts.read;
    this.#sound = new Uint8Array(parts.sums.length / SUM);
  }

  areAllSound(): boolean {
    return this.isSound(this.#from, this.#to - this.#from);
  }

  /** Whether the blocks are sound that have the `length` bytes from place `at` of the file on. */
  isSound(at: number, length: number): boolean {
    const last = Math.ceil((at + length - this.#from) / BLOCK);
    for (let k = Math.floor((at - this.#from) / BLOCK); k < last; k++) {
      if (this.#sound[k] === 1) continue;
      const begin = this.#from + k * BLOCK;
      const block = this.#block.subarray(0, Math.min(BLOCK, this.#to - begin));
      this.#read(block, begin);
      if (crc32(block) !== this.#sums.readUInt32LE(SUM * k)) return false;
      this.#sound[k] = 1;
    }
    return true;
  }
}
