/** Limits that benchmarks are compared with: what work needs, what it then takes, and what the processor is. */
import { describe, expect, test } from "vitest";
import { row } from "../bench/bench.ts";
import { compileKernels, type ProbeKernels } from "../bench/limits/kernels.ts";
import { Limits, peakOf } from "../bench/limits/limits.ts";
import { describeInfo } from "../bench/limits/processor.ts";
import { forwardOperations, weightBytes } from "../bench/limits/work.ts";
import { loadModel } from "../src/generate/load.ts";
import { gpt2 } from "../src/models/gpt2.ts";
import { architectureOf } from "../src/models/registry.ts";
import { modelFolder } from "./export-fixture.ts";

const limits = new Limits({ bandwidth: 20e9, products: { one: 100e9, all: 200e9 }, peak: null });

describe("limits", () => {
  test("are set by what takes longer: reading 5 GB at 20 GB/s, or 80 billion operations at 200 a nanosecond", () => {
    expect(limits.seconds({ bytes: 5e9, operations: 20e9 })).toEqual({ figure: 0.25, by: "memory" });
    expect(limits.milliseconds({ bytes: 5e9, operations: 80e9 })).toEqual({ figure: 400, by: "products" });
    expect(limits.rate({ bytes: 5e9 }, 8)).toEqual({ figure: 32, by: "memory" });
  });

  test("give a row its share, of a rate as of a time", () => {
    const figures = { case: "c", unit: "u", ours: 30, peer: 10, peerName: "p" };
    const by = "memory" as const;
    expect(row({ ...figures, better: "more", limit: { figure: 40, by } })).toMatchObject({
      limit: 40,
      limited_by: "memory",
      share: 0.75,
    });
    expect(row({ ...figures, better: "less", limit: { figure: 15, by } }).share).toBe(0.5);
    expect(row({ ...figures, better: "less" })).not.toHaveProperty("share");
  });
});

describe("the work of a model", () => {
  test("of GPT-2 124M is its published matrices: 12 times 7,077,888, and 50,257 x 768 for the tokens that are scored", () => {
    const model = gpt2.build(gpt2.configure({ config: "gpt2" }, 50257));
    const [blocks, head] = [12 * 7_077_888, 50_257 * 768];
    expect(forwardOperations(model, { rows: 1 })).toBe(2 * (blocks + head));
    expect(forwardOperations(model, { rows: 64, scored: 1 })).toBe(2 * (64 * blocks + head));
  });

  test("of an LSTM has the gates and the head, and not the table of characters", () => {
    const architecture = architectureOf("char-lstm");
    const model = architecture.build(architecture.configure({ width: 256, layers: 1, embedding: 64 }, 100));
    expect(forwardOperations(model, { rows: 1 })).toBe(2 * (4 * 256 * (64 + 256) + 256 * 100));
  });

  test("reads the weights in the form in which they are multiplied", async () => {
    const folder = await modelFolder("gpt2", { width: 64, layers: 1, heads: 2, context: 24 });
    const [floats, bytes] = [await loadModel(folder), await loadModel(folder, { quantize: "q8" })];
    const matrices = 12 * 64 * 64 + floats.tokenizer.size * 64;
    expect(weightBytes(floats.model, floats.weights)).toBe(4 * matrices);
    // A scale of float32 for 64 numbers, or for 256 of the matrix whose rows are as long.
    const long = 64 * 256;
    const scales = (matrices - long) / 64 + long / 256;
    expect(weightBytes(bytes.model, bytes.weights)).toBe(matrices + 4 * scales);
  });

  test("counts matrices that are packed as one", async () => {
    const folder = await modelFolder("llama", { width: 64, layers: 2, heads: 2, kvHeads: 1, context: 24 });
    const [floats, bytes] = [await loadModel(folder), await loadModel(folder, { quantize: "q8" })];
    const matrices = weightBytes(floats.model, floats.weights) / 4;
    const read = weightBytes(bytes.model, bytes.weights);
    expect(read).toBeGreaterThanOrEqual(matrices + (4 * matrices) / 256);
    expect(read).toBeLessThanOrEqual(matrices + (4 * matrices) / 64);
  });
});

describe("a processor", () => {
  const intel =
    "vendor_id\t: GenuineIntel\ncpu family\t: 6\nflags\t\t: fpu avx2 avx512f avx512_vnni amx_int8\n";
  const zen4 = "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nflags\t\t: avx2 avx512f avx512_vnni\n";

  test("has the instructions of its flags, and operations a cycle by its vectors", () => {
    expect(describeInfo(intel)).toEqual({
      instructions: ["AMX", "VNNI", "AVX-512", "AVX2"],
      operations_per_cycle: 64,
    });
    expect(describeInfo(zen4)).toEqual({
      instructions: ["VNNI", "AVX-512", "AVX2"],
      operations_per_cycle: 32,
    });
    expect(describeInfo("flags\t: fpu avx2\n").operations_per_cycle).toBe(32);
    expect(describeInfo("Features\t: fp asimd i8mm\n")).toEqual({
      instructions: ["NEON", "I8MM"],
      operations_per_cycle: null,
    });
    expect(describeInfo(undefined)).toEqual({ instructions: null, operations_per_cycle: null });
  });

  test("what products have passed is not the most that the multipliers can do", () => {
    const processor = { name: "", cores: 8, instructions: [], gigahertz: 2.5, operations_per_cycle: 64 };
    expect(peakOf(processor, { one: 1e11, all: 2e11 })).toBe(3.2e11);
    expect(peakOf(processor, { one: 1.5e11, all: 4e11 })).toBeNull();
    expect(peakOf(processor, { one: 1.7e11, all: 2e11 })).toBeNull();
    expect(peakOf({ ...processor, gigahertz: null }, { one: 1, all: 1 })).toBeNull();
  });
});

test("the probes read every byte, and multiply as often as they say", async () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(await compileKernels(), { env: { memory } });
  const { read, chain } = exports as unknown as ProbeKernels;
  const words = new BigInt64Array(memory.buffer, 0, 32).map((_, i) => BigInt(i + 1));
  new BigInt64Array(memory.buffer).set(words);
  expect(read(256)).toBe(BigInt((32 * 33) / 2));
  expect(chain(8, 3)).toBe(3 ** 9);
});
