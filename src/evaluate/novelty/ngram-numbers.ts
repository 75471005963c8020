/** The n-grams of one text, numbered in the order in which they come first: a hash table over its symbols. */
import type { Symbols } from "./suffix-array.ts";

export class NgramNumbers {
  readonly n: number;
  readonly #symbols: Symbols;
  /** Bits by which a symbol moves when the next one comes: `n` times as many are the 30 bits of a code. */
  readonly #shift: number;
  /** Whether no two n-grams have the same code. */
  readonly #unique: boolean;
  /** Pairs: the code of an n-gram, and its number plus one (0 in a free place). At most half of them are taken. */
  readonly #table: Int32Array;
  /** Of each number, where its n-gram is in `#symbols`. */
  readonly #places: Int32Array;
  #size = 0;

  /**
   * @param symbols what n-grams are added from
   */
  constructor(n: number, alphabetSize: number, symbols: Symbols) {
    this.n = n;
    this.#symbols = symbols;
    this.#shift = Math.floor(30 / n);
    this.#unique = alphabetSize <= 1 << this.#shift;
    let room = 64;
    while (room < symbols.length) room *= 2;
    this.#places = new Int32Array(room);
    this.#table = new Int32Array(4 * room);
  }

  get size(): number {
    return this.#size;
  }

  /** The code of the n-gram that ends with `symbol`, from the code of the n-gram before it. */
  next(code: number, symbol: number): number {
    return ((code << this.#shift) ^ symbol) & 0x3fffffff;
  }

  /** The number of the n-gram at `place`, which has this code; a new one where it comes first. */
  add(code: number, place: number): number {
    const slot = this.#slot(code, this.#symbols, place);
    const known = this.#table[slot + 1]!;
    if (known > 0) return known - 1;
    const number = this.#size++;
    this.#table[slot] = code;
    this.#table[slot + 1] = number + 1;
    this.#places[number] = place;
    return number;
  }

  /** The number of the n-gram at `place` of any symbols, which has this code; -1 where it was not added. */
  find(code: number, symbols: Symbols, place: number): number {
    return this.#table[this.#slot(code, symbols, place) + 1]! - 1;
  }

  /** Where this n-gram is in the table, or the free place for it. */
  #slot(code: number, symbols: Symbols, place: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    let slot = this.#firstSlot(code, mask);
    for (; table[slot + 1]! > 0; slot = (slot + 2) & mask) {
      if (table[slot] === code && (this.#unique || this.#same(table[slot + 1]! - 1, symbols, place))) break;
    }
    return slot;
  }

  #firstSlot(code: number, mask: number): number {
    const mixed = Math.imul(code, 0x9e3779b1);
    return ((mixed ^ (mixed >>> 15)) << 1) & mask;
  }

  #same(number: number, symbols: Symbols, place: number): boolean {
    const own = this.#symbols;
    const at = this.#places[number]!;
    for (let k = 0; k < this.n; k++) if (own[at + k] !== symbols[place + k]) return false;
    return true;
  }
}
