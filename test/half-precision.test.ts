/**
 * Training with products in 16 bits, on a device that is the CPU, lowered as for WebGPU: ONNX Runtime has no such products
 * there and leaves the conversions out, so that losses are those of 32 bits. On a driver that has such numbers the same is
 * in test/webgpu/half.test.ts.
 */
import { describe, expect, it } from "vitest";
import { memoryStore } from "../src/browser/run-store.ts";
import { resumeRun, trainRun } from "../src/browser/train-run.ts";
import { float32, type HostArray } from "../src/core/array.ts";
import { input } from "../src/graph/leaves.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { architectures } from "../src/models/registry.ts";
import { everyKernel } from "../src/onnx/kernels.ts";
import { lower } from "../src/onnx/lower.ts";
import { add } from "../src/ops/elementwise.ts";
import { gemm, matmul } from "../src/ops/matmul.ts";
import { adamw } from "../src/optim/adamw.ts";
import type { Backend } from "../src/runtime/backend.ts";
import { compile } from "../src/runtime/compile.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { noAdapter } from "../src/runtime/unusable.ts";
import { DeviceStep } from "../src/train/device-step.ts";
import { TrainingStep } from "../src/train/step.ts";
import { deviceLike } from "./device-like.ts";
import { randomModel } from "./random-model.ts";
import { LOSS_TOLERANCE, twentySteps } from "./twenty-steps.ts";

const cpu = nodeBackend({ threads: 1 });
const half = { precision: "f16" } as const;

async function run(type: string, backend: Backend, more: object = {}) {
  const files = memoryStore().open("run");
  const result = await trainRun(files, twentySteps(type, more), { backend });
  return { files, result, losses: result.log.map(({ loss }) => loss) };
}

describe("products in 16 bits", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => input(name, "float32", [8, 8]));

  it("read operands that are converted once each, give 32 bits, and nothing else reads 16", () => {
    const product = gemm(a!, b!, c);
    const outputs = [product, matmul(product, b!, { transposeB: true, alpha: 3 }), add(a!, b!)];
    const { nodes } = lower(outputs, (leaf) => String(leaf.node.attributes.name), [], {
      ...everyKernel,
      halfProducts: true,
    });
    const maker = new Map(nodes.map((node) => [node.outputs[0]!, node]));
    const isHalf = (name: string): boolean => {
      const node = maker.get(name);
      if (node?.opType === "Cast") return node.attributes.to === 10;
      return ["Gemm", "MatMul", "Transpose"].includes(node?.opType ?? "");
    };
    const counts: Record<string, number> = {};
    for (const { opType, inputs, attributes } of nodes) {
      const half = inputs.filter((name) => name !== "" && isHalf(name)).length;
      const name = opType === "Cast" ? `Cast to ${attributes.to}` : opType;
      counts[name] = (counts[name] ?? 0) + 1;
      const wanted = { Gemm: 2, MatMul: 2, Transpose: 1, "Cast to 1": 1 }[name] ?? 0;
      expect(half, name).toBe(wanted);
    }
    // a, b and the first product; the two products.
    expect(counts).toMatchObject({ "Cast to 10": 3, "Cast to 1": 2, Gemm: 1, MatMul: 1, Add: 2 });
    expect(counts.FusedMatMul).toBeUndefined();
  });

  it("take half the memory for operands", () => {
    const spec = { dtype: "float32", shape: [64, 64] } as const;
    const bytes = (halfProducts: boolean) =>
      compile((x: Tensor, y: Tensor) => matmul(matmul(x, y), y), { backend: cpu, halfProducts }).memory(
        spec,
        spec,
      );
    const matrix = 64 * 64 * 4;
    expect(bytes(false)).toBe(matrix);
    // While the first product is converted: y and it in 16 bits, and it in 32.
    expect(bytes(true)).toBe((1 / 2 + 1 / 2 + 1) * matrix);
  });
});

describe("training with them", () => {
  it.each(architectures.map(({ type }) => type))(
    "%s has the losses of 32 bits, whatever the factor",
    async (type) => {
      const device = deviceLike();
      const expected = await run(type, cpu);
      const found = await run(type, device.backend, half);
      expect(found.losses).toHaveLength(20);
      for (const [i, loss] of found.losses.entries())
        expect(Math.abs(loss - expected.losses[i]!)).toBeLessThan(LOSS_TOLERANCE);
      expect(device.held()).toBe(0);
    },
  );

  it("are estimated to take other memory than those of 32 bits, whichever step computes", () => {
    const { model } = randomModel("char-transformer", { sizes: { layers: 1, width: 8, heads: 2 } });
    const { backend } = deviceLike();
    const trainable = model.parameters.map(({ name }) => name);
    const { graph } = adamw({});
    const onDevice = (half: boolean) =>
      new DeviceStep({ model, backend, trainable, decays: new Set(), graph, half }).memory(2, 16);
    expect(onDevice(true)).toBe(new TrainingStep(model, backend, trainable, false, true).memory(2, 16));
    expect(onDevice(true)).not.toBe(onDevice(false));
  });

  it("goes on to the bit from a checkpoint", async () => {
    const more = { ...half, steps: 12, checkpointSeconds: 0 };
    const whole = await run("char-lstm", overflowing(4), more);
    const cut = memoryStore().open("cut");
    const stop = new AbortController();
    let steps = 0;
    await trainRun(cut, twentySteps("char-lstm", more), {
      backend: overflowing(4),
      signal: stop.signal,
      onEvent: ({ type }) => {
        if (type === "log" && ++steps === 6) stop.abort();
      },
    });
    const { log } = await resumeRun(cut, {}, { backend: deviceLike().backend });
    expect(log.map(({ loss }) => loss)).toEqual(whole.losses);
    expect(await cut.read("model.safetensors")).toEqual(await whole.files.read("model.safetensors"));
  });

  it("goes on with the factor of a checkpoint, whatever the try before the first step finds", async () => {
    const { files } = await run("char-gru", deviceLike().backend, { ...half, steps: 5 });
    await resumeRun(files, { steps: 8 }, { backend: overflowing(0) });
    const state = JSON.parse(new TextDecoder().decode((await files.read("state.json"))!));
    expect(state.lossScale).toEqual({ factor: 16, steps: 8 });
  });

  it("leaves out a step whose gradient is too large for them, and takes a smaller factor", async () => {
    const more = { ...half, steps: 8, optimizer: "sgd", learningRate: 0.1, warmup: 0, schedule: "constant" };
    const factors: number[] = [];
    const plain = await run("char-gru", deviceLike().backend, more);
    const found = await run("char-gru", overflowing(3, factors), more);
    expect(found.losses.slice(0, 3)).toEqual(plain.losses.slice(0, 3));
    expect(found.losses[3]).not.toBe(plain.losses[3]);
    expect(found.losses.every(Number.isFinite)).toBe(true);
    expect(new Set(factors)).toEqual(new Set([16, 8]));
    const state = JSON.parse(new TextDecoder().decode((await found.files.read("state.json"))!));
    expect(state.lossScale).toEqual({ factor: 8, steps: 5 });
    const norms = found.result.log.map(({ grad_norm: norm }) => norm);
    expect(norms.map((norm) => norm === null)).toEqual(norms.map((_, i) => i === 2));
  });

  it("leaves out the whole step where the gradient of one of its batches is infinite", async () => {
    const more = { ...half, steps: 6, accumulate: 3 };
    let passes = -1;
    const { backend } = deviceLike(async (run, feeds, fetches) => {
      const results = await run(feeds, fetches);
      // Of those after the measuring: the second batch of the third step.
      if ("0.scale" in feeds && Object.keys(feeds).some((name) => name.startsWith("0.sums"))) passes++;
      if (passes !== 4) return results;
      passes++;
      for (const one of Object.values(results))
        if ("device" in one) (one.device as { array: HostArray<"float32"> }).array.data[0] = -Infinity;
      return results;
    });
    const plain = await run("char-gru", deviceLike().backend, more);
    const { losses, files } = await run("char-gru", backend, more);
    expect(losses.slice(0, 3)).toEqual(plain.losses.slice(0, 3));
    expect(losses[3]).not.toBe(plain.losses[3]);
    expect(losses.every(Number.isFinite)).toBe(true);
    const state = JSON.parse(new TextDecoder().decode((await files.read("state.json"))!));
    expect(state.lossScale).toEqual({ factor: 8, steps: 3 });
  });

  it("ends where no factor helps", async () => {
    const training = run("char-gru", overflowing(1, [], true), { ...half, steps: 60 });
    await expect(training).rejects.toMatchObject({
      code: "diverged",
      message: expect.stringMatching(
        /the gradient's norm became infinite\..* Train again with `precision: "f32"`, a lower `learningRate`/,
      ),
    });
  });

  it("is refused where the first pass leaves their range, with what to do", async () => {
    const { backend } = deviceLike(async (run, feeds, fetches) => {
      const results = await run(feeds, fetches);
      const arrays = Object.values(results).map((one) =>
        "device" in one ? (one.device as { array: HostArray }).array : one,
      );
      if ("0.scale" in feeds) for (const { data } of arrays) (data as Float32Array).fill(Number.NaN);
      return results;
    });
    await expect(run("char-gru", { ...backend, reference: () => cpu }, half)).rejects.toMatchObject({
      code: "device-wrong",
      message: expect.stringMatching(
        /the first loss is NaN in place of [\d.]+ nats per token, and its gradient is not finite\. .*`precision: "f32"`\.$/,
      ),
    });
  });

  it("says what to do where there is no graphics card", async () => {
    const without = deviceLike(() => Promise.reject(noAdapter("webgpu", undefined)));
    await expect(run("char-gru", without.backend, half)).rejects.toThrow(
      'or no driver for it (on Linux, one with Vulkan). `precision: "f16"` needs a graphics card: take `precision: "f32"`, which',
    );
  });

  it("is refused where the processor computes, and can go on there in 32 bits", async () => {
    await expect(run("char-gru", cpu, half)).rejects.toMatchObject({
      message:
        '`precision: "f16"` is for graphics cards, and here "cpu" computes: add `device: "webgpu"`, or take `precision: "f32"`.',
    });
    const { files } = await run("char-gru", deviceLike().backend, { ...half, steps: 5 });
    await expect(resumeRun(files, { steps: 8 }, { backend: cpu })).rejects.toThrow("for graphics cards");
    const { log } = await resumeRun(files, { steps: 8, precision: "f32" }, { backend: cpu });
    expect(log).toHaveLength(8);
  });

  it("says what a driver without such numbers lacks", async () => {
    const without = deviceLike(() =>
      Promise.reject(new Error("Program Cast requires f16 but the device does not support it.")),
    );
    await expect(run("char-gru", without.backend, half)).rejects.toMatchObject({
      code: "no-half",
      message: expect.stringMatching(/^This graphics card, or its driver, has no 16-bit floats/),
    });
    // A run that began with them goes on with them where the option is left out.
    await expect(run("char-gru", without.backend, half)).rejects.toThrow('`precision: "f32"`');
  });
});

/**
 * A device that finds the gradient infinite at the k-th update after the first try.
 * @param factors of the passes, which are added here
 * @param ever whether all later ones are infinite as well
 */
function overflowing(k: number, factors: number[] = [], ever = false): Backend {
  let updates = -1;
  return deviceLike(async (run, feeds, fetches) => {
    const factor = feeds["0.scale"];
    if (factor && "data" in factor) factors.push(Number(factor.data[0]));
    const results = await run(feeds, fetches);
    if (!("2.maxNorm" in feeds)) return results;
    updates++;
    if (ever ? updates < k : updates !== k) return results;
    const [norm] = Object.keys(results).filter((name) => "data" in results[name]!);
    const infinite: HostArray = float32([], [Number.POSITIVE_INFINITY]);
    return { ...results, [norm!]: infinite };
  }).backend;
}
