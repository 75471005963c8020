/**
 * Random numbers as a pure function of (seed, stream, step, index): the counter-based generator
 * Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011).
 *
 * There is no state to save or to share: a resumed run, another rank or a WebAssembly kernel that asks
 * for the same place gets the same number. Everything that is random has a stream of its own, so that,
 * for example, switching dropout off leaves the order of the batches as it was.
 *
 *     const dropout = new Random(seed, "dropout");
 *     dropout.at(step).fillUniform(noise);
 *     new Random(seed, "shuffle").at(epoch).permutation(rows);
 */
import { UsageError } from "./errors.ts";

/** Four 32-bit words, unsigned. */
export type Counter = readonly [number, number, number, number];
/** Two 32-bit words, unsigned, the low one first. */
export type Key = readonly [number, number];

const two32 = 2 ** 32;
const two24 = 2 ** 24;

/**
 * The ten rounds of Philox4x32 (Salmon et al., section 3.3 and table 2): four words for one counter and key.
 * @internal exported for the published answers that its test holds it to
 */
export function philox(key: Key, counter: Counter): Counter {
  const out = new Uint32Array(4);
  philoxInto(out, key, counter[0], counter[1], counter[2], counter[3]);
  return [out[0]!, out[1]!, out[2]!, out[3]!];
}

/**
 * One stream of random numbers, each addressed by its index, from 0 to 2^53 - 1.
 *
 * Word `index` is word `index % 4` of `philox(key, [block, block >> 32, step, step >> 32])` where
 * `block = floor(index / 4)`, and `key` is drawn from the seed and the stream's name.
 */
export class Random {
  readonly seed: number | bigint;
  readonly stream: number | string;
  readonly step: number;
  readonly key: Key;
  readonly #words = new Uint32Array(4);

  /**
   * @param seed an integer; the low 64 bits of its two's complement count
   * @param stream what the numbers are for: a name, or an integer from 0 to 2^53 - 1
   * @param step an integer from 0 to 2^53 - 1 that begins a fresh sequence of indices
   * @throws {UsageError} for a number that is no such integer
   */
  constructor(seed: number | bigint, stream: number | string, step = 0) {
    this.seed = seed;
    this.stream = stream;
    this.step = natural(step, "step");
    this.key = streamKey(seedKey(seed), stream);
  }

  /** The same stream at another step, epoch or sample. */
  at(step: number): Random {
    return new Random(this.seed, this.stream, step);
  }

  /** A 32-bit word, 0 to 2^32 - 1. */
  uint32(index: number): number {
    this.#fill(Math.floor(index / 4));
    return this.#words[index % 4]!;
  }

  /** Uniform on [0, 1): a multiple of 2^-24, so that it is the same number in float32. */
  uniform(index: number): number {
    return unit(this.uint32(index));
  }

  /** An integer from 0 to n - 1, n up to 2^32; no value is more likely than another by more than n / 2^32. */
  below(n: number, index: number): number {
    return Math.floor((this.uint32(index) * n) / two32);
  }

  /** Standard normal, by Box and Muller (1958); indices 2i and 2i + 1 share one pair of words. */
  normal(index: number): number {
    this.#fill(Math.floor(index / 4));
    return this.#normal(index % 4);
  }

  /** The numbers 0 to n - 1 in random order (Fisher and Yates); uses the words of index 1 to n - 1. */
  permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 1; i < n; i++) {
      const j = this.below(i + 1, i);
      order[i] = order[j]!;
      order[j] = i;
    }
    return order;
  }

  /** Fills `out` with `uniform(offset)`, `uniform(offset + 1)`, ... and returns it. */
  fillUniform(out: Float32Array, offset = 0): Float32Array {
    return this.#fillWith(out, offset, (word) => unit(this.#words[word]!));
  }

  /** Fills `out` with `normal(offset)`, `normal(offset + 1)`, ... rounded to float32, and returns it. */
  fillNormal(out: Float32Array, offset = 0): Float32Array {
    return this.#fillWith(out, offset, (word) => this.#normal(word));
  }

  #fillWith(out: Float32Array, offset: number, value: (word: number) => number): Float32Array {
    let word = offset % 4;
    let block = Math.floor(offset / 4);
    for (let i = 0; i < out.length; block++, word = 0) {
      this.#fill(block);
      for (; word < 4 && i < out.length; word++) out[i++] = value(word);
    }
    return out;
  }

  #fill(block: number): void {
    philoxInto(this.#words, this.key, block, block / two32, this.step, this.step / two32);
  }

  #normal(word: number): number {
    const pair = word & 2;
    // (0, 1], so that the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log((this.#words[pair]! + 1) / two32));
    const angle = (2 * Math.PI * this.#words[pair + 1]!) / two32;
    return radius * (word & 1 ? Math.sin(angle) : Math.cos(angle));
  }
}

/** A word as a number in [0, 1), from its upper 24 bits. */
function unit(word: number): number {
  return (word >>> 8) / two24;
}

function seedKey(seed: number | bigint): Key {
  if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
    throw new UsageError(`A seed must be an integer; got ${seed}. Use a bigint beyond 2^53.`, {
      option: "seed",
      value: seed,
      expected: "an integer",
    });
  }
  const bits = BigInt.asUintN(64, BigInt(seed));
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)];
}

/**
 * The key of a stream: Philox as a hash of its name. The fourth word is 0 for integers and 1 + the position for
 * names, the third is the name's length, so that two names collide only by a 64-bit coincidence.
 */
function streamKey(seed: Key, stream: number | string): Key {
  const out = new Uint32Array(4);
  if (typeof stream === "number") {
    natural(stream, "stream");
    philoxInto(out, seed, stream, stream / two32, 0, 0);
    return [out[0]!, out[1]!];
  }
  let key = seed;
  for (let i = 0; i < stream.length || i === 0; i += 2) {
    philoxInto(out, key, stream.charCodeAt(i), stream.charCodeAt(i + 1), stream.length, 1 + i);
    key = [out[0]!, out[1]!];
  }
  return key;
}

function natural(value: number, what: string): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new UsageError(`A random ${what} must be an integer from 0 to 2^53 - 1; got ${value}.`, {
      option: what,
      value,
      expected: "an integer from 0 to 2^53 - 1",
    });
  }
  return value;
}

/** Arguments are taken modulo 2^32 after truncation. */
function philoxInto(out: Uint32Array, key: Key, c0: number, c1: number, c2: number, c3: number): void {
  let x0 = c0 >>> 0;
  let x1 = c1 >>> 0;
  let x2 = c2 >>> 0;
  let x3 = c3 >>> 0;
  let k0 = key[0] >>> 0;
  let k1 = key[1] >>> 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(x0, 0xd2511f53);
    const low0 = Math.imul(x0, 0xd2511f53);
    const high2 = multiplyHigh(x2, 0xcd9e8d57);
    const low2 = Math.imul(x2, 0xcd9e8d57);
    x0 = (high2 ^ x1 ^ k0) >>> 0;
    x1 = low2;
    x2 = (high0 ^ x3 ^ k1) >>> 0;
    x3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

/** The upper 32 bits of a 32 x 32 bit product, by halves that a double holds exactly. */
function multiplyHigh(a: number, b: number): number {
  const low = ((a & 0xffff) * b) / 65536;
  return (((a >>> 16) * b + Math.floor(low)) / 65536) >>> 0;
}
