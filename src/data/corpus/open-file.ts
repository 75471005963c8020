/** A token file that is open, and whose bytes are held to their checksums as they are first read. */
import { closeSync, openSync, readSync } from "node:fs";
import { fileError } from "../../files/file-errors.ts";
import { ChecksumReader } from "./checksums.ts";
import { cutShort, damaged } from "./format.ts";

/** It is closed when nothing refers to it. */
export class OpenFile {
  static readonly #unused = new FinalizationRegistry<number>(closeSync);
  readonly path: string;
  readonly #file: number;
  #checks: ChecksumReader | undefined;

  constructor(path: string) {
    this.path = path;
    try {
      this.#file = openSync(path, "r");
    } catch (cause) {
      throw fileError("read", path, cause);
    }
    OpenFile.#unused.register(this, this.#file);
  }

  /** Fills `bytes` from place `at` of the file on. @returns how many bytes there are */
  read(bytes: Uint8Array, at: number): number {
    let read = 0;
    try {
      while (read < bytes.length) {
        const n = readSync(this.#file, bytes, read, bytes.length - read, at + read);
        if (n === 0) break;
        read += n;
      }
    } catch (cause) {
      throw fileError("read", this.path, cause);
    }
    return read;
  }

  /** From now on {@link fill} checks what is between these places of the file. @param sums follow at once */
  expect(from: number, to: number, sums: number): void {
    const read = (bytes: Uint8Array, at: number) => this.#whole(bytes, at);
    const all = Buffer.alloc(sums);
    read(all, to);
    this.#checks = new ChecksumReader({ sums: all, from, to, read });
  }

  /** @throws InputError `tokens` where any of what {@link expect} named is not what was written */
  checkAll(): void {
    if (this.#checks?.areAllSound() === false) throw damaged(this.path);
  }

  /** @throws InputError `tokens` where bytes are not those that were written, `tokens-cut` where the file ends before */
  fill<T extends ArrayBufferView>(values: T, at: number): T {
    if (this.#checks?.isSound(at, values.byteLength) === false) throw damaged(this.path);
    this.#whole(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    return values;
  }

  #whole(bytes: Uint8Array, at: number): void {
    if (this.read(bytes, at) < bytes.length) throw cutShort(this.path);
  }
}
