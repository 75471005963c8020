/** Groups up to this size are sorted by insertion. */
const FEW = 48;
/** Groups from this size on are sorted by digits of 11 bits, smaller ones by digits of 8. */
const MANY = 4096;

/**
 * Sorts groups of numbers, each with a value that goes along; equal ones stay in their order. Large groups are sorted by the
 * digits of the numbers, the lowest first (McIlroy, Bostic and McIlroy, "Engineering radix sort", Computing Systems 6(1), 1993).
 */
export class PairSorter {
  #otherKeys: Uint32Array = new Uint32Array(MANY);
  #otherValues: Int32Array = new Int32Array(MANY);
  readonly #counts = new Int32Array(3 << 11);

  /** Sorts `size` keys from `from` on, and the values from `valuesFrom` on with them. */
  sort(keys: Uint32Array, from: number, values: Int32Array, valuesFrom: number, size: number): void {
    if (size <= FEW) insert(keys, from, values, valuesFrom, size);
    else {
      const ownKeys = keys.subarray(from, from + size);
      const ownValues = values.subarray(valuesFrom, valuesFrom + size);
      this.#byDigits(ownKeys, ownValues, size < MANY ? 8 : 11);
    }
  }

  /** Digits that are the same everywhere are passed over. */
  #byDigits(ownKeys: Uint32Array, ownValues: Int32Array, bits: number): void {
    const size = ownKeys.length;
    if (size > this.#otherKeys.length) {
      this.#otherKeys = new Uint32Array(size);
      this.#otherValues = new Int32Array(size);
    }
    let [keys, values] = [ownKeys, ownValues];
    let [otherKeys, otherValues] = [this.#otherKeys, this.#otherValues];
    const mask = (1 << bits) - 1;
    const digits = Math.ceil(32 / bits);
    const counts = this.#counts.fill(0, 0, digits << bits);
    for (let k = 0; k < size; k++) {
      const key = keys[k]!;
      for (let digit = 0; digit < digits; digit++)
        counts[(digit << bits) + ((key >>> (digit * bits)) & mask)]!++;
    }
    for (let digit = 0; digit < digits; digit++) {
      const shift = digit * bits;
      const at = digit << bits;
      if (counts[at + ((keys[0]! >>> shift) & mask)] === size) continue;
      let sum = 0;
      for (let c = at; c <= at + mask; c++) {
        const count = counts[c]!;
        counts[c] = sum;
        sum += count;
      }
      for (let k = 0; k < size; k++) {
        const key = keys[k]!;
        const place = counts[at + ((key >>> shift) & mask)]!++;
        otherKeys[place] = key;
        otherValues[place] = values[k]!;
      }
      [keys, otherKeys] = [otherKeys, keys];
      [values, otherValues] = [otherValues, values];
    }
    if (keys === ownKeys) return;
    ownKeys.set(keys.subarray(0, size));
    ownValues.set(values.subarray(0, size));
  }
}

function insert(keys: Uint32Array, from: number, values: Int32Array, valuesFrom: number, size: number): void {
  const offset = valuesFrom - from;
  for (let i = from + 1; i < from + size; i++) {
    const key = keys[i]!;
    if (key >= keys[i - 1]!) continue;
    const value = values[i + offset]!;
    let k = i;
    for (; k > from && keys[k - 1]! > key; k--) {
      keys[k] = keys[k - 1]!;
      values[k + offset] = values[k + offset - 1]!;
    }
    keys[k] = key;
    values[k + offset] = value;
  }
}
