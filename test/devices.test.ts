/**
 * Training with everything in the memory of a device: a device that is the CPU, lowered as for WebGPU. The same on
 * ONNX Runtime's WebGPU is in test/webgpu.
 */
import { describe, expect, it } from "vitest";
import { memoryStore } from "../src/browser/run-store.ts";
import { resumeRun, trainRun } from "../src/browser/train-run.ts";
import type { HostArray } from "../src/core/array.ts";
import { architectures } from "../src/models/registry.ts";
import type { Backend } from "../src/runtime/backend.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { deviceLike } from "./device-like.ts";
import { roundingModel } from "./rounding-model.ts";
import { LOSS_TOLERANCE, twentySteps } from "./twenty-steps.ts";

const cpu = nodeBackend({ threads: 1 });

async function run(type: string, backend: Backend, more: object = {}) {
  const files = memoryStore().open("run");
  const result = await trainRun(files, twentySteps(type, more), { backend });
  return { files, result, losses: result.log.map(({ loss }) => loss) };
}

describe("training on a device", () => {
  it.each(architectures.map(({ type }) => type))("%s has the losses of the CPU", async (type) => {
    const device = deviceLike();
    const expected = await run(type, cpu);
    const found = await run(type, device.backend);
    expect(found.losses).toHaveLength(20);
    for (const [i, loss] of found.losses.entries())
      expect(Math.abs(loss - expected.losses[i]!)).toBeLessThan(LOSS_TOLERANCE);
    expect(found.result.summary.val_loss).toBeCloseTo(expected.result.summary.val_loss!, 4);
    // Nothing is left behind.
    expect(device.held()).toBe(0);
  });

  it("brings back the loss, the norm and the carried state of a step, and nothing else", async () => {
    const device = deviceLike();
    await run("char-lstm", device.backend, { steps: 5 });
    // Loss and carried state of a pass, of two layers and four rows; the norm of an update.
    expect(Math.max(...device.returned)).toBe(1 + 2 * 2 * 4 * 16);
    expect(device.returned.length).toBeGreaterThan(10);
  });

  it("adds up the gradients of several batches there", async () => {
    const more = { accumulate: 3, steps: 6, optimizer: "sgd" };
    const expected = await run("char-gru", cpu, more);
    const found = await run("char-gru", deviceLike().backend, more);
    for (const [i, loss] of found.losses.entries())
      expect(Math.abs(loss - expected.losses[i]!)).toBeLessThan(LOSS_TOLERANCE);
  });

  it("goes on to the bit from a checkpoint", async () => {
    const whole = await run("char-lstm", deviceLike().backend, { steps: 12, checkpointSeconds: 0 });
    const part = await run("char-lstm", deviceLike().backend, { steps: 12, checkpointSeconds: 0 });
    const cut = memoryStore().open("cut");
    let steps = 0;
    const signal = new AbortController();
    await trainRun(cut, twentySteps("char-lstm", { steps: 12, checkpointSeconds: 0 }), {
      backend: deviceLike().backend,
      signal: signal.signal,
      onEvent: ({ type }) => {
        if (type === "log" && ++steps === 5) signal.abort();
      },
    });
    const { log } = await resumeRun(cut, {}, { backend: deviceLike().backend });
    expect(log.map(({ loss }) => loss)).toEqual(whole.losses);
    expect(part.losses).toEqual(whole.losses);
    expect(await cut.read("model.safetensors")).toEqual(await whole.files.read("model.safetensors"));
  });

  it("says where to go on from when the device is lost, and the checkpoint is whole", async () => {
    let runs = 0;
    const lost = deviceLike((run, feeds, fetches) => {
      if (++runs === 20) throw new Error("WebGPU: Device was lost (reason: Unknown)");
      return run(feeds, fetches);
    });
    const files = memoryStore().open("lost");
    const request = twentySteps("char-lstm", { checkpointSeconds: 0 });
    await expect(trainRun(files, request, { backend: lost.backend })).rejects.toMatchObject({
      code: "device-lost",
      message: expect.stringMatching(
        /^Training stopped at step \d+\. The device "webgpu" was lost: .* The checkpoint of step \d+ is whole: go on from it with `resume`/,
      ),
    });
    const { log } = await resumeRun(files, {}, { backend: cpu });
    const expected = await run("char-lstm", cpu, { checkpointSeconds: 0 });
    for (const [i, { loss }] of log.entries())
      expect(Math.abs(loss - expected.losses[i]!)).toBeLessThan(LOSS_TOLERANCE);
  });

  it("is refused before the first step where an operation has no kernel there, which is named", async () => {
    const files = memoryStore().open("run");
    const request = { ...twentySteps("char-gru"), model: roundingModel };
    const { backend } = deviceLike(undefined, "Round");
    await expect(trainRun(files, request, { backend })).rejects.toMatchObject({
      code: "not-on-device",
      message: expect.stringMatching(
        /^"webgpu" has no kernel for Round of the operation "round_through", applied at .*rounding-model\.ts/,
      ),
    });
    const { log } = await trainRun(memoryStore().open("cpu"), request, { backend: cpu });
    expect(log).toHaveLength(20);
  });

  it("is refused before the first step where only its update does not fit", async () => {
    const full = deviceLike((run, feeds, fetches) =>
      Object.keys(feeds).includes("2.maxNorm")
        ? Promise.reject(new Error("Out of device memory"))
        : run(feeds, fetches),
    );
    let steps = 0;
    const onEvent = ({ type }: { readonly type: string }) => type === "log" && steps++;
    const training = trainRun(memoryStore().open("run"), twentySteps("char-gru"), {
      backend: full.backend,
      onEvent,
    });
    await expect(training).rejects.toMatchObject({ code: "device-memory" });
    expect(steps).toBe(0);
  });

  it("is refused before the first step where the device has too little memory", async () => {
    const full = deviceLike(() => Promise.reject(new Error("Failed to allocate memory for buffer")));
    await expect(run("char-lstm", full.backend)).rejects.toMatchObject({
      code: "device-memory",
      message: expect.stringContaining("take a smaller `batchSize`"),
    });
  });

  it.each([
    [
      "a wrong loss",
      (name: string, { data }: HostArray) => {
        if (data.length === 1 && name !== "norm") (data as Float32Array)[0]! *= 1.05;
      },
    ],
    [
      "a wrong gradient",
      (_: string, { data }: HostArray) => {
        if (data.length > 100) (data as Float32Array)[7]! += 5;
      },
    ],
  ])("is refused before the first step where the device computes %s", async (_, spoil) => {
    const wrong = deviceLike(async (run, feeds, fetches) => {
      const results = await run(feeds, fetches);
      for (const [name, array] of Object.entries(results))
        spoil(name, "device" in array ? (array.device as { array: HostArray }).array : array);
      return results;
    });
    const backend = { ...wrong.backend, reference: () => cpu };
    await expect(run("char-lstm", backend)).rejects.toMatchObject({
      code: "device-wrong",
      message: expect.stringMatching(/computes this model otherwise than the CPU.*Update the driver/),
    });
  });
});
