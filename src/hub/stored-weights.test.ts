import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { float32 } from "../core/array.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add, multiply } from "../ops/elementwise.ts";
import { compile } from "../runtime/compile.ts";
import { nodeBackend } from "../runtime/node.ts";
import type { TensorToWrite } from "./safetensors-checksums.ts";
import { openSafetensors, writeSafetensors } from "./safetensors-file.ts";
import { openWeights } from "./stored-weights.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "punchline-weights-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function saved(name: string, tensors: readonly TensorToWrite[]) {
  const path = join(folder, name);
  await writeSafetensors(path, tensors);
  return openSafetensors(path);
}
const single = (name: string, ...values: number[]): TensorToWrite => ({
  name,
  dtype: "F32",
  shape: [values.length],
  data: Float32Array.from(values),
});
/** Brain floats of 1, 2 and 3. */
const half: TensorToWrite = {
  name: "h",
  dtype: "BF16",
  shape: [3],
  data: Uint16Array.of(0x3f80, 0x4000, 0x4040),
};
const expected = (...names: string[]) => names.map((name) => ({ name, shape: [3] }));

describe("openWeights", () => {
  it("leaves float32 in its file, which a graph then computes with, and converts the rest", async () => {
    const source = await saved("a.safetensors", [single("w", 1, 2, 4), half]);
    const weights = await openWeights(expected("w", "h"), source);
    await source.close();
    expect(weights.w).toHaveProperty("stored.length", 12);
    expect(weights.h).toHaveProperty("data", Float32Array.of(1, 2, 3));

    const f = compile((p: { w: Tensor; h: Tensor }, x: Tensor) => add(multiply(p.w, x), p.h), {
      backend: nodeBackend(),
    });
    const result = await f(weights as never, float32([3], [1, 10, 100]));
    await f.release();
    expect(result.data).toEqual(Float32Array.of(2, 22, 403));
  });

  it("finds numbers that are none, far into a tensor too", async () => {
    const data = new Float32Array(3_000_001);
    data[2_500_000] = Number.NaN;
    const source = await saved("nan.safetensors", [{ name: "w", dtype: "F32", shape: [data.length], data }]);
    await expect(openWeights([{ name: "w", shape: [data.length] }], source)).rejects.toMatchObject({
      code: "tensor-not-finite",
      details: { name: "w", index: 2_500_000 },
    });
    await source.close();
  });
});

it("refuses constants of several folders in one graph", async () => {
  const stored = (file: string) => ({
    dtype: "float32" as const,
    shape: [3],
    stored: { file, offset: 0, length: 12 },
  });
  const f = compile((a: Tensor, b: Tensor) => add(a, b), { backend: nodeBackend() });
  await expect(f(stored("/a/w.safetensors"), stored("/b/w.safetensors"))).rejects.toMatchObject({
    code: "stored",
  });
});
