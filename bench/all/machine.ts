/** The machine that benchmarks ran on: its processor and its limits, for a document and for people. */
import { measureMachine, THREADS } from "../limits/limits.ts";
import type { Processor } from "../limits/processor.ts";

export interface Machine {
  readonly processor: Processor;
  readonly node: string;
  /** Threads that the limits are of. */
  readonly threads: number;
  readonly limits: {
    /** Bytes read from memory in a second. */
    readonly bytes_per_second: number;
    /** Operations of the runtime's float32 products in a second, on one thread and on all. */
    readonly operations_per_second: { readonly one_thread: number; readonly all_threads: number };
    /** What the multipliers could do at the clock that was measured; null where that is not known, or was passed. */
    readonly theoretical_operations_per_second: number | null;
  };
}

export async function describeMachine(): Promise<Machine> {
  const { processor, limits } = await measureMachine();
  const { bandwidth, products, peak } = limits.machine;
  return {
    processor,
    node: process.version,
    threads: THREADS,
    limits: {
      bytes_per_second: bandwidth,
      operations_per_second: { one_thread: products.one, all_threads: products.all },
      theoretical_operations_per_second: peak,
    },
  };
}

/** Four lines. */
export function machineText({ processor, node, threads, limits }: Machine): string {
  const { name, cores, instructions, gigahertz } = processor;
  const clock = gigahertz === null ? "" : ` at ${gigahertz.toFixed(1)} GHz`;
  const { one_thread: one, all_threads: all } = limits.operations_per_second;
  const giga = (value: number, digits = 0) => (value / 1e9).toFixed(digits);
  const peak = limits.theoretical_operations_per_second;
  return [
    `processor     ${name}, ${cores} cores${clock}; Node ${node}`,
    `instructions  ${instructions === null ? "unknown" : instructions.join(", ") || "none of those that matter"}`,
    `memory        ${giga(limits.bytes_per_second, 1)} GB/s read by ${threads} threads`,
    `products      ${giga(one)} GFLOP/s on 1 thread, ${giga(all)} on ${threads}${peak === null ? "" : `; at most ${giga(peak)}`}`,
  ].join("\n");
}
