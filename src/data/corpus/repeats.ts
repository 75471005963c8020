/**
 * Exact duplicates among more texts than memory holds: of each text a hash of 128 bits goes into one of many files on the
 * disk, by its first bits, and each file is searched by itself. Equal texts are in the same file. That two different ones
 * share a hash is less likely than 1 in 10^20 for a billion texts.
 */
import { hash } from "node:crypto";
import { Spool } from "./spool.ts";

const FILES = 64;
/** Words of four bytes: the hash, and the number of its text. */
const [HASH, RECORD] = [4, 6];

export class RepeatFinder {
  readonly #spools: Spool[] = [];
  readonly #record = new Uint32Array(RECORD);
  readonly #bytes = new Uint8Array(this.#record.buffer);
  #count = 0;

  /** @param path as `Spool` */
  constructor(path: string) {
    for (let k = 0; k < FILES; k++) this.#spools.push(new Spool(path, 1 << 16));
  }

  /** Adds the next text, by its normalised form. */
  add(key: string): void {
    const sum = hash("sha256", key, "buffer");
    this.#bytes.set(sum.subarray(0, 4 * HASH));
    this.#record[HASH] = this.#count >>> 0;
    this.#record[HASH + 1] = Math.floor(this.#count / 2 ** 32);
    this.#spools[sum[31]! % FILES]!.write(this.#bytes);
    this.#count++;
  }

  /** The numbers of all texts that repeat an earlier one; in no order. It yields undefined between two files. */
  *repeats(): Generator<number | undefined> {
    for (const spool of this.#spools) {
      yield* repeatsIn(spool);
      yield undefined;
    }
  }

  close(): void {
    for (const spool of this.#spools) spool.close();
  }
}

function* repeatsIn(spool: Spool): Generator<number> {
  const bytes = Buffer.alloc(spool.length);
  let filled = 0;
  for (const piece of spool.pieces()) filled += piece.copy(bytes, filled);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const count = words.length / RECORD;
  const places = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * count)));
  /** The first record with each hash, counted from 1. */
  const table = new Int32Array(places);
  for (let r = 0; r < count; r++) {
    const at = r * RECORD;
    let place = words[at]! & (places - 1);
    for (;;) {
      const found = table[place]! - 1;
      if (found < 0) {
        table[place] = r + 1;
        break;
      }
      const other = found * RECORD;
      let k = 0;
      while (k < HASH && words[at + k] === words[other + k]) k++;
      if (k === HASH) {
        yield words[at + HASH]! + words[at + HASH + 1]! * 2 ** 32;
        break;
      }
      place = (place + 1) & (places - 1);
    }
  }
}
