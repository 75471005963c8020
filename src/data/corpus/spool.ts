/**
 * What a preparation keeps on the disk for a while. A file has no name once it is open, where the system allows that, so
 * that nothing is left behind when the process is killed.
 */

import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../../core/errors.ts";
import { PARTIAL } from "../../files/atomic.ts";
import { fileError } from "../../files/file-errors.ts";

/** Bytes that are written, and read, at a time. */
const BLOCK = 1 << 20;

/** Bytes on the disk: first written in order, then read. */
export class Spool {
  readonly #path: string;
  /** What errors name: the file that all is for. */
  readonly #for: string;
  readonly #file: number;
  readonly #block: Buffer;
  #used = 0;
  #written = 0;
  #isOpen = true;

  /** @param path of the file that is made in the end: what is kept for it lies in the same folder */
  constructor(path: string, block = BLOCK) {
    this.#for = path;
    this.#path = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}${PARTIAL}`);
    this.#block = Buffer.alloc(block);
    this.#file = this.#guarded(() => openSync(this.#path, "wx+"));
    // Not possible everywhere; it is then removed when it is closed.
    if (process.platform !== "win32") rmSync(this.#path, { force: true });
  }

  /** Bytes in all. */
  get length(): number {
    return this.#written + this.#used;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === this.#block.length) this.#flush();
      const n = Math.min(bytes.length - at, this.#block.length - this.#used);
      this.#block.set(bytes.subarray(at, at + n), this.#used);
      this.#used += n;
      at += n;
    }
  }

  /**
   * All bytes in order. A piece changes when the next one is asked for.
   * @throws InputError `file` where some are no longer there
   */
  *pieces(): Generator<Buffer> {
    this.#flush();
    const piece = Buffer.alloc(Math.min(BLOCK, Math.max(1, this.#written)));
    for (let at = 0; at < this.#written; ) {
      const n = this.#guarded(() => readSync(this.#file, piece, 0, piece.length, at));
      if (n === 0) throw lost(this.#for);
      yield piece.subarray(0, n);
      at += n;
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }

  #flush(): void {
    for (let at = 0; at < this.#used; )
      at += this.#guarded(() => writeSync(this.#file, this.#block, at, this.#used - at, this.#written + at));
    this.#written += this.#used;
    this.#used = 0;
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw fileError("write", this.#for, cause);
    }
  }
}

const lost = (path: string): InputError =>
  new InputError(
    "file",
    `Cannot write ${path}: what was kept on the disk for it is no longer whole; check the disk, and try again.`,
    { path },
  );

/** A text, and the length of its prompt in UTF-16 code units. */
export interface SpooledText {
  readonly text: string;
  readonly prompt: number;
}

/** Bytes before each text: its bytes, with a bit for texts that UTF-8 cannot hold, and its prompt. */
const HEAD = 8;
const UTF16 = 0x8000_0000;
const loneSurrogate = /\p{Surrogate}/u;

/** Texts on the disk, numbered in their order. */
export class TextSpool {
  readonly #spool: Spool;
  readonly #head = Buffer.alloc(HEAD);
  #count = 0;

  /** @param path as {@link Spool} */
  constructor(path: string) {
    this.#spool = new Spool(path);
  }

  get count(): number {
    return this.#count;
  }

  add({ text, prompt }: SpooledText): void {
    const whole = !loneSurrogate.test(text);
    const bytes = Buffer.from(text, whole ? "utf8" : "utf16le");
    this.#head.writeUInt32LE((bytes.length | (whole ? 0 : UTF16)) >>> 0, 0);
    this.#head.writeUInt32LE(prompt, 4);
    this.#spool.write(this.#head);
    this.#spool.write(bytes);
    this.#count++;
  }

  /** The texts whose number is wanted, in their order. */
  *texts(isWanted: (i: number) => boolean): Generator<SpooledText & { readonly i: number }> {
    let rest: Buffer = Buffer.alloc(0);
    let i = 0;
    for (const piece of this.#spool.pieces()) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
      let at = 0;
      while (at + HEAD <= bytes.length) {
        const size = bytes.readUInt32LE(at);
        const length = (size & ~UTF16) >>> 0;
        const end = at + HEAD + length;
        if (end > bytes.length) break;
        if (isWanted(i)) {
          const text = bytes.toString(size >= UTF16 ? "utf16le" : "utf8", at + HEAD, end);
          yield { i, text, prompt: bytes.readUInt32LE(at + 4) };
        }
        i++;
        at = end;
      }
      rest = Buffer.from(bytes.subarray(at));
    }
  }

  close(): void {
    this.#spool.close();
  }
}

/** Pairs of numbers of texts on the disk. */
export class PairSpool {
  readonly #spool: Spool;
  readonly #pair = new Float64Array(2);
  readonly #bytes = new Uint8Array(this.#pair.buffer);

  /** @param path as {@link Spool} */
  constructor(path: string) {
    this.#spool = new Spool(path, 1 << 16);
  }

  add(one: number, other: number): void {
    this.#pair[0] = one;
    this.#pair[1] = other;
    this.#spool.write(this.#bytes);
  }

  /** All pairs in order. A block of the spool holds whole pairs. */
  *all(): Generator<readonly [one: number, other: number]> {
    for (const piece of this.#spool.pieces())
      for (let at = 0; at < piece.length; at += this.#bytes.length)
        yield [piece.readDoubleLE(at), piece.readDoubleLE(at + 8)];
  }

  close(): void {
    this.#spool.close();
  }
}
