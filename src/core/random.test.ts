import { describe, expect, it } from "vitest";
import { type Counter, type Key, philox, Random } from "./random.ts";

const hex = (text: string): number[] => text.split(" ").map((word) => Number.parseInt(word, 16));

/** Philox4x32-10 as the paper writes it, in 64-bit integers. */
function bigintPhilox(key: Key, counter: Counter): number[] {
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  const word = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const p = a * 0xd2511f53n;
    const q = c * 0xcd9e8d57n;
    [a, b, c, d] = [(q >> 32n) ^ b ^ k0, q & word, (p >> 32n) ^ d ^ k1, p & word];
    k0 = (k0 + 0x9e3779b9n) & word;
    k1 = (k1 + 0xbb67ae85n) & word;
  }
  return [a, b, c, d].map(Number);
}

describe("philox", () => {
  // The philox4x32 10 lines of kat_vectors in Random123: counter, key, result.
  it.each([
    ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
  ])("gives Random123's known answer for counter %s", (counter, key, answer) => {
    expect(philox(hex(key) as unknown as Key, hex(counter) as unknown as Counter)).toEqual(hex(answer));
  });
});

describe("Random", () => {
  it("reads word index % 4 of block index / 4 at the step, far indices and steps included", () => {
    for (const step of [0, 7, 2 ** 40 + 3]) {
      const random = new Random(7, "sampling").at(step);
      for (const index of [0, 1, 6, 4_000_003, 2 ** 50 + 5]) {
        const block = Math.floor(index / 4);
        const counter: Counter = [
          block % 2 ** 32,
          Math.floor(block / 2 ** 32),
          step % 2 ** 32,
          step / 2 ** 32,
        ];
        const whole = counter.map(Math.floor) as unknown as Counter;
        expect(random.uint32(index)).toBe(bigintPhilox(random.key, whole)[index % 4]);
      }
    }
  });

  it("never gives two names, integers or seeds the same key", () => {
    const streams = [0, 1, 97, "", "a", "b", "ab", "ba", "a\0", "abc", "dropout", "shuffle", "sampling"];
    const seeds = [0, 1, -1, 2n ** 32n, 2n ** 63n];
    const keys = seeds.flatMap((seed) => streams.map((stream) => new Random(seed, stream).key.join()));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("takes a seed as its low 64 bits", () => {
    expect(new Random(-1, 0).key).toEqual(new Random(2n ** 64n - 1n, 0).key);
    expect(new Random(5, 0).key).toEqual(new Random(5n, 0).key);
  });

  it("refuses what is no integer, saying so", () => {
    expect(() => new Random(0.5, 0)).toThrow("A seed must be an integer; got 0.5");
    expect(() => new Random(0, -1)).toThrow("stream must be an integer from 0");
    expect(() => new Random(0, 0).at(1.5)).toThrow("step must be an integer from 0");
  });

  it("fills arrays with the very numbers that single calls give, from any offset", () => {
    const random = new Random(1, "initialisation").at(3);
    for (const [offset, length] of [
      [0, 9],
      [3, 6],
      [5, 1],
      [2, 0],
    ] as const) {
      const uniforms = random.fillUniform(new Float32Array(length), offset);
      const normals = random.fillNormal(new Float32Array(length), offset);
      for (let i = 0; i < length; i++) {
        expect(uniforms[i]).toBe(random.uniform(offset + i));
        expect(normals[i]).toBe(Math.fround(random.normal(offset + i)));
      }
    }
  });

  it("has the moments of the uniform and of the normal distribution", () => {
    const n = 200_000;
    const moments = (x: Float32Array, k: number) => x.reduce((sum, v) => sum + v ** k, 0) / n;
    const uniforms = new Random(2, 0).fillUniform(new Float32Array(n));
    const normals = new Random(2, 1).fillNormal(new Float32Array(n));
    // Each bound is about five standard errors.
    for (const [k, bound] of [
      [1, 0.0033],
      [2, 0.0034],
      [3, 0.0032],
    ] as const) {
      expect(Math.abs(moments(uniforms, k) - 1 / (k + 1))).toBeLessThan(bound);
    }
    expect(Math.max(...uniforms.slice(0, 50_000))).toBeLessThan(1);
    expect(Math.abs(moments(normals, 1))).toBeLessThan(0.0112);
    expect(Math.abs(moments(normals, 2) - 1)).toBeLessThan(0.0159);
    expect(Math.abs(moments(normals, 3))).toBeLessThan(0.0434);
    expect(Math.abs(moments(normals, 4) - 3)).toBeLessThan(0.11);
    let neighbours = 0;
    for (let i = 1; i < n; i++) neighbours += (normals[i]! * normals[i - 1]!) / n;
    expect(Math.abs(neighbours)).toBeLessThan(0.0112);
  });

  it("draws below n evenly (chi-squared, 6 degrees of freedom, p = 0.0001)", () => {
    const counts = new Array<number>(7).fill(0);
    const random = new Random(3, 0);
    for (let i = 0; i < 70_000; i++) counts[random.below(7, i)]!++;
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
    expect(random.below(1, 5)).toBe(0);
  });

  it("permutes evenly: all 24 orders of four, and each number once", () => {
    const counts = new Map<string, number>();
    const random = new Random(4, "shuffle");
    for (let epoch = 0; epoch < 24_000; epoch++) {
      const order = random.at(epoch).permutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi).toBeLessThan(58.6); // 23 degrees of freedom, p = 0.0001
    expect([...random.permutation(1000)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
    expect(random.permutation(0)).toHaveLength(0);
  });
});
