/** Memory that WebAssembly kernels, ONNX Runtime and JavaScript all see: one block, allocated once. */
import { PunchlineError, UsageError } from "../core/errors.ts";
import type { Random } from "../core/random.ts";
import type { Kernels } from "./kernels.generated.ts";
import { instantiate } from "./wasm.ts";

const pageBytes = 65536;

/** The most that one memory holds: a page less than 4 GiB, so that the end of it still has an address. */
export const maximumBytes = 65535 * pageBytes;

/** What each array starts on: a cache line. */
export const alignment = 64;

/**
 * A WebAssembly memory with the kernels bound to it, handed out from the bottom up and never grown,
 * so that views of it stay valid. It starts as zeros. An array's pointer is its `byteOffset`.
 */
export class KernelMemory {
  readonly buffer: ArrayBuffer;
  readonly kernels: Kernels;
  #used = 0;

  /**
   * @param bytes how much to reserve, rounded up to 64 KiB; at most `maximumBytes`
   * @throws {PunchlineError} `memory` where the system does not give as much
   */
  constructor(bytes: number) {
    const pages = Math.ceil(bytes / pageBytes);
    let memory: WebAssembly.Memory;
    try {
      memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    } catch (cause) {
      const megabytes = Math.ceil(bytes / 2 ** 20);
      throw new PunchlineError(
        "memory",
        `${megabytes} MiB of memory cannot be reserved: take a smaller model, or close other programs.`,
        { details: { bytes }, cause },
      );
    }
    this.buffer = memory.buffer as ArrayBuffer;
    this.kernels = instantiate(memory);
  }

  /** A zeroed array of `length` numbers, on a cache line of its own. Throws a `memory` error when full. */
  allocate(length: number): Float32Array {
    const start = this.#used;
    const end = start + length * 4;
    if (end > this.buffer.byteLength) {
      throw new PunchlineError(
        "memory",
        `${length * 4} bytes do not fit the ${this.buffer.byteLength - start} that are left of this memory.`,
        { details: { length } },
      );
    }
    this.#used = Math.ceil(end / alignment) * alignment;
    return new Float32Array(this.buffer, start, length);
  }

  /**
   * Fills `mask`, an array of this memory, for inverted dropout (Srivastava et al. 2014): element i is 0
   * where `random.uniform(offset + i) < rate`, else 1 / (1 - rate).
   *
   * @param rate the probability of a zero, 0 <= rate < 1
   */
  fillDropoutMask(mask: Float32Array, rate: number, random: Random, offset = 0): void {
    if (!(rate >= 0 && rate < 1)) {
      throw new UsageError(`A dropout rate must be at least 0 and below 1; got ${rate}.`, {
        option: "rate",
        value: rate,
        expected: "at least 0 and below 1",
      });
    }
    if (mask.buffer !== this.buffer) {
      throw new PunchlineError("memory", "The dropout mask must be an array of the same memory.");
    }
    this.kernels.dropoutMask(
      mask.byteOffset,
      mask.length,
      random.key[0],
      random.key[1],
      ...halves(random.step),
      ...halves(offset),
      Math.ceil(rate * 2 ** 24),
      1 / (1 - rate),
    );
  }
}

/** The low and the high 32 bits of an integer below 2^53. */
function halves(value: number): [number, number] {
  return [value % 2 ** 32, Math.floor(value / 2 ** 32)];
}
