/** Which processor this is, and which of its instructions matter to the speed of models. */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import type { ProbeKernels } from "./kernels.ts";

export interface Processor {
  /** As the system names it: `Intel(R) Xeon(R) Platinum 8488C`. */
  readonly name: string;
  readonly cores: number;
  /** Of `AMX`, `VNNI`, `AVX-512`, `AVX2`, `NEON`, `SVE`, `I8MM`; null where the system does not list them in a file. */
  readonly instructions: readonly string[] | null;
  /** The highest that was seen: from a chain of multiplications, on processors whose multiplication is known to take three cycles. */
  readonly gigahertz: number | null;
  /** Multiplications and additions of float32 that one core does in a cycle, two for a fused one; null where unknown. */
  readonly operations_per_cycle: number | null;
}

/** Instructions by the flags of /proc/cpuinfo, of which one is enough. */
const byFlag: readonly (readonly [name: string, ...flags: string[]])[] = [
  ["AMX", "amx_int8", "amx_bf16"],
  ["VNNI", "avx512_vnni", "avx_vnni"],
  ["AVX-512", "avx512f"],
  ["AVX2", "avx2"],
  ["NEON", "asimd"],
  ["SVE", "sve"],
  ["I8MM", "i8mm"],
];

/** The processor that this runs on. */
export function processor(module: WebAssembly.Module): Processor {
  const info = readInfo();
  return {
    name: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    ...describeInfo(info),
    gigahertz: process.arch === "x64" ? clock(module) : null,
  };
}

/** What /proc/cpuinfo says of instructions and of the width of the multipliers. */
export function describeInfo(
  info: string | undefined,
): Pick<Processor, "instructions" | "operations_per_cycle"> {
  const listed = info && /^(?:flags|Features)\s*:(.*)$/m.exec(info)?.[1];
  if (!listed) return { instructions: null, operations_per_cycle: null };
  const flags = new Set(listed.trim().split(/\s+/));
  const has = (name: string) => instructions.includes(name);
  const instructions = byFlag
    .filter(([, ...any]) => any.some((flag) => flags.has(flag)))
    .map(([name]) => name);
  // Two fused multiplications and additions of a vector a cycle. AMD's Zen 4 (family 25) has 512-bit instructions
  // on 256-bit multipliers.
  const halved = /^vendor_id\s*: AuthenticAMD$/m.test(info) && /^cpu family\s*: 25$/m.test(info);
  const lanes = has("AVX-512") && !halved ? 16 : has("AVX2") ? 8 : undefined;
  return { instructions, operations_per_cycle: lanes === undefined ? null : 4 * lanes };
}

function readInfo(): string | undefined {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return undefined;
  }
}

/** Cycles between a multiplication of 32-bit integers and one of its result: Intel since 2008, AMD since 2017. */
const LATENCY = 3;
/** Short, so that there are many runs: the engine compiles the fast code while the first ones run. */
const CHAIN = 1e6;
const RUNS = 200;

function clock(module: WebAssembly.Module): number {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { chain } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as ProbeKernels;
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const begun = performance.now();
    chain(CHAIN, 7);
    fastest = Math.min(fastest, performance.now() - begun);
  }
  return (LATENCY * CHAIN) / fastest / 1e6;
}
