import { describe, expect, it } from "vitest";
import { Random } from "../core/random.ts";
import { KernelMemory } from "./arena-memory.ts";

/** Around the widths of the kernels' loops: 4, 8 and 16 elements. */
const lengths = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100];

const memory = new KernelMemory(2 ** 20);
const { kernels } = memory;
const random = new Random(1, "kernels");

/** `n` normal numbers, and after them a guard that no kernel may touch. */
function guarded(n: number, step: number): { x: Float32Array; guard: Float32Array } {
  const whole = memory.allocate(n + 4);
  random.at(step).fillNormal(whole);
  return { x: whole.subarray(0, n), guard: whole.subarray(n) };
}

describe.each(lengths)("kernels over %i elements", (n) => {
  it("axpy, scale and zero agree with plain loops and stop at the end", () => {
    const { x } = guarded(n, 1);
    const { x: y, guard } = guarded(n, 2);
    const before = [...guard];
    const a = Math.fround(0.3);
    let expected = y.map((v, i) => v + Math.fround(a * x[i]!));
    kernels.axpy(y.byteOffset, x.byteOffset, n, a);
    expect(y).toEqual(expected);
    expected = y.map((v) => v * a);
    kernels.scale(y.byteOffset, n, a);
    expect(y).toEqual(expected);
    y.fill(Number.NaN);
    kernels.zero(y.byteOffset, n);
    expect(y).toEqual(new Float32Array(n));
    expect([...guard]).toEqual(before);
  });

  it("flush clears the small and nothing else", () => {
    const { x, guard } = guarded(n, 3);
    guard.fill(0.1);
    const expected = x.map((v) => (Math.abs(v) < 0.5 ? 0 : v));
    kernels.flush(x.byteOffset, n, 0.5);
    expect(x).toEqual(expected);
    expect([...guard]).toEqual([...new Float32Array(4).fill(0.1)]);
  });

  it("sumOfSquares sums in double precision and shows a value that is not finite, wherever it is", () => {
    const { x, guard } = guarded(n, 4);
    guard.fill(Number.NaN);
    const sum = () => kernels.sumOfSquares(x.byteOffset, n);
    const exact = x.reduce((total, v) => total + v * v, 0);
    expect(Math.abs(sum() - exact)).toBeLessThanOrEqual(1e-13 * exact);
    for (let i = 0; i < n; i++) {
      const kept = x[i]!;
      x[i] = Number.NEGATIVE_INFINITY;
      expect(sum()).toBe(Number.POSITIVE_INFINITY);
      x[i] = Number.NaN;
      expect(sum()).toBeNaN();
      x[i] = kept;
    }
  });

  it("dropout masks are the generator's numbers to the bit, from any offset and step", () => {
    for (const offset of [0, 1, 2, 3, 2 ** 34 - 9, 2 ** 50 + 1]) {
      for (const step of [0, 2 ** 40 + 5]) {
        const { x: mask, guard } = guarded(n, 5);
        const before = [...guard];
        const place = new Random(-7, "dropout.2", step);
        memory.fillDropoutMask(mask, 0.3, place, offset);
        const expected = mask.map((_, i) => (place.uniform(offset + i) < 0.3 ? 0 : 1 / 0.7));
        expect(mask).toEqual(expected);
        expect([...guard]).toEqual(before);
      }
    }
  });
});

describe("KernelMemory", () => {
  it("keeps the sum of squares of numbers whose squares float32 cannot hold", () => {
    const x = memory.allocate(9).fill(1e30);
    expect(kernels.sumOfSquares(x.byteOffset, 9) / 9e60).toBeCloseTo(1, 6);
  });

  it("drops at the rate that was asked for, and nothing at rate 0", () => {
    const mask = memory.allocate(50_000);
    memory.fillDropoutMask(mask, 0.1, random);
    const dropped = mask.filter((v) => v === 0).length;
    expect(Math.abs(dropped - 5000)).toBeLessThan(5 * Math.sqrt(50_000 * 0.1 * 0.9));
    memory.fillDropoutMask(mask, 0, random);
    expect(new Set(mask)).toEqual(new Set([1]));
  });

  it("hands out zeroed cache lines of its one buffer until it is full", () => {
    const small = new KernelMemory(65536);
    const first = small.allocate(1);
    const second = small.allocate(17);
    expect(first.byteOffset % 64).toBe(0);
    expect(second.byteOffset % 64).toBe(0);
    expect(second.buffer).toBe(first.buffer);
    expect(second).toEqual(new Float32Array(17));
    expect(() => small.allocate(65536)).toThrow("262144 bytes do not fit");
  });

  it("refuses foreign arrays and impossible rates", () => {
    expect(() => memory.fillDropoutMask(new Float32Array(4), 0.5, random)).toThrow("of the same memory");
    for (const rate of [-0.1, 1, Number.NaN]) {
      expect(() => memory.fillDropoutMask(memory.allocate(1), rate, random)).toThrow("below 1; got");
    }
  });

  it("says how much was asked for where the system has no such memory", () => {
    expect(() => new KernelMemory(2 ** 40)).toThrow("1048576 MiB of memory cannot be reserved");
  });
});
