/**
 * What this machine can do at most, measured in the run that is compared with it, and the time that some work must
 * take by that: the roofline model (Williams, Waterman and Patterson, "Roofline: an insightful visual performance
 * model for multicore architectures", Communications of the ACM 52(4), 2009).
 *
 * @example
 * const limits = await measureLimits();
 * row({ case: "GPT-2, float32", unit: "tokens/s", ..., limit: limits.rate({ bytes: 497e6 }) });
 */
import { nodeBackend } from "../../src/runtime/node.ts";
import { compileKernels } from "./kernels.ts";
import { memoryBandwidth } from "./memory.ts";
import { type Processor, processor } from "./processor.ts";
import { productThroughput } from "./products.ts";

/** Threads of every benchmark. */
export const THREADS = 2;

export interface MachineLimits {
  /** Bytes that all threads read in a second. */
  readonly bandwidth: number;
  /** Operations of float32 products in a second, on one thread and on all. */
  readonly products: { readonly one: number; readonly all: number };
  /** Operations that the multipliers of as many cores could do in a second; null where that is not known, or was passed. */
  readonly peak: number | null;
}

/** What some work needs at least. */
export interface Work {
  /** Bytes to read from memory. */
  readonly bytes?: number;
  /** Multiplications and additions of float32 in products of matrices. */
  readonly operations?: number;
}

/** A figure that cannot be passed, in the unit of the row, and by what it is limited. */
export interface Limit {
  readonly figure: number;
  readonly by: "memory" | "products";
}

export class Limits {
  readonly machine: MachineLimits;

  constructor(machine: MachineLimits) {
    this.machine = machine;
  }

  /** The least seconds that `work` takes: what takes longer, its reading or its products. */
  seconds({ bytes = 0, operations = 0 }: Work): Limit {
    const reading = bytes / this.machine.bandwidth;
    const multiplying = operations / this.machine.products.all;
    return reading > multiplying
      ? { figure: reading, by: "memory" }
      : { figure: multiplying, by: "products" };
  }

  /** The same in milliseconds. */
  milliseconds(work: Work): Limit {
    const { figure, by } = this.seconds(work);
    return { figure: 1000 * figure, by };
  }

  /** The most that is done in a second where `work` yields `count` of it. */
  rate(work: Work, count = 1): Limit {
    const { figure, by } = this.seconds(work);
    return { figure: count / figure, by };
  }
}

/** Systems sometimes put two threads of a process on one core and leave them there: all is measured by new threads again. */
const ROUNDS = 3;

/** The limits of this machine; takes about four seconds and half a gigabyte. */
export async function measureLimits(): Promise<Limits> {
  return (await measureMachine()).limits;
}

/** The processor with its limits. */
export async function measureMachine(): Promise<{ processor: Processor; limits: Limits }> {
  const module = await compileKernels();
  const found = processor(module);
  let [bandwidth, one, all] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    bandwidth = Math.max(bandwidth, await memoryBandwidth(module, THREADS));
    one = Math.max(one, await productThroughput(nodeBackend({ threads: 1 })));
    all = Math.max(all, await productThroughput(nodeBackend({ threads: THREADS })));
  }
  const products = { one, all };
  return { processor: found, limits: new Limits({ bandwidth, products, peak: peakOf(found, products) }) };
}

/** What the multipliers could do; null where it is not known, as where products passed what was taken for it. */
export function peakOf(
  { operations_per_cycle: operations, gigahertz, cores }: Processor,
  { one, all }: MachineLimits["products"],
): number | null {
  if (operations === null || gigahertz === null) return null;
  const core = operations * gigahertz * 1e9;
  const peak = Math.min(THREADS, cores) * core;
  return one > core || all > peak ? null : peak;
}
