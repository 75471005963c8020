/** What a WebGPU device cannot do is refused before the first step, in the words of ONNX Runtime as it is. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { memoryStore } from "../../src/browser/run-store.ts";
import { trainRun } from "../../src/browser/train-run.ts";
import { float32 } from "../../src/core/array.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, multiply } from "../../src/ops/elementwise.ts";
import { compile } from "../../src/runtime/compile.ts";
import { deviceError } from "../../src/train/device-errors.ts";
import { train } from "../../src/train/train.ts";
import { roundingModel } from "../rounding-model.ts";
import { twentySteps } from "../twenty-steps.ts";
import { gpu as backend } from "./device.ts";

it("an operation without a kernel there is named", async () => {
  const request = { ...twentySteps("char-gru"), model: roundingModel };
  await expect(trainRun(memoryStore().open("run"), request, { backend })).rejects.toMatchObject({
    code: "not-on-device",
    message: expect.stringMatching(/^"webgpu" has no kernel for Round of the operation "round_through"/),
  });
});

it("nothing is left of a run that is refused before its first step", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "punchline-webgpu-"));
  try {
    const request = {
      ...twentySteps("char-gru"),
      model: roundingModel,
      backend: { device: "webgpu" as const },
    };
    await expect(train({ ...request, out: join(scratch, "run") })).rejects.toMatchObject({
      code: "not-on-device",
    });
    expect(await readdir(join(scratch, "run"))).toEqual([]);
  } finally {
    await rm(scratch, { recursive: true });
  }
});

it("a value larger than any buffer of the device is told as too little memory", async () => {
  // 2 GiB on the device, and nearly nothing on the host.
  const outer = compile((a: Tensor, b: Tensor) => multiply(add(a, b), 2), { backend, keep: () => true });
  const product = outer(float32([2 ** 13, 1]), float32([1, 2 ** 16])).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(deviceError(await product, "webgpu")).toMatchObject({ code: "device-memory" });
  await outer.release();
});
