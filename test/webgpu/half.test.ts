/**
 * Training with products in 16 bits on WebGPU, beside 32 bits on the CPU, where the driver has such numbers; where it has
 * not, as SwiftShader, that it is refused. `VK_ICD_FILENAMES` chooses the driver: Mesa's lavapipe has them.
 */
import { expect, it } from "vitest";
import { memoryStore } from "../../src/browser/run-store.ts";
import { trainRun } from "../../src/browser/train-run.ts";
import { float32 } from "../../src/core/array.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { matmul } from "../../src/ops/matmul.ts";
import type { Backend } from "../../src/runtime/backend.ts";
import { compile } from "../../src/runtime/compile.ts";
import { nodeBackend } from "../../src/runtime/node.ts";
import { train } from "../../src/train/train.ts";
import { tinyTraining } from "../training-fixture.ts";
import { twentySteps } from "../twenty-steps.ts";
import { gpu } from "./device.ts";

const product = compile((a: Tensor, b: Tensor) => matmul(a, b), { backend: gpu, halfProducts: true });
const third = await product(float32([1, 1], [1 / 3]), float32([1, 1], [1])).then(
  ({ data }) => data[0],
  () => undefined,
);

/** Nats per token, of about 4: products have three decimals, and the optimiser makes small gradients count. */
const LOSS_TOLERANCE = 1e-2;

async function losses(type: string, backend: Backend, more: object = {}) {
  const { log } = await trainRun(memoryStore().open("run"), twentySteps(type, more), { backend });
  return log.map(({ loss }) => loss);
}

it.each(["char-lstm", "char-cnn", "gpt2"])("%s: nearly as in 32 bits, or refused", async (type) => {
  const found = losses(type, gpu, { precision: "f16" });
  if (third === undefined) {
    await expect(found).rejects.toMatchObject({ code: "no-half" });
    return;
  }
  // One third has eleven bits.
  expect(third).toBe(0.333251953125);
  const expected = await losses(type, nodeBackend({ threads: 1 }));
  for (const [i, loss] of (await found).entries())
    expect(Math.abs(loss - expected[i]!)).toBeLessThan(LOSS_TOLERANCE);
  expect(await found).not.toEqual(expected);
});

it("a device that is to be chosen is WebGPU's, as no other computes them", async () => {
  const events: string[] = [];
  const trained = train({
    ...tinyTraining({ precision: "f16", steps: 1 }),
    backend: { device: "auto" },
    onEvent: ({ type }) => events.push(type),
  });
  if (third === undefined) {
    await expect(trained).rejects.toMatchObject({ code: "no-half" });
    return;
  }
  const { lm } = await trained;
  expect(lm.backend.device).toBe("webgpu");
  // Nothing was measured.
  expect(events).not.toContain("device");
});
