import { mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { floatToBfloat, floatToHalf } from "./half.ts";
import { openSafetensors, writeSafetensors } from "./safetensors-file.ts";

const assets = process.env.PUNCHLINE_ASSETS;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "punchline-safetensors-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("safetensors files", () => {
  it("come back as they were written, into views of a larger memory", async () => {
    const path = join(dir, "model.safetensors");
    const arena = new WebAssembly.Memory({ initial: 1 }).buffer;
    const weights = new Float32Array(arena, 64, 6);
    weights.set([1, -2, 3.5, 0, 1e-30, 6]);
    await writeSafetensors(
      path,
      [
        { name: "w", dtype: "F32", shape: [2, 3], data: weights },
        { name: "step", dtype: "I64", shape: [], data: BigInt64Array.of(9_007_199_254_740_993n) },
      ],
      { step: "3" },
    );
    const source = await openSafetensors(path);
    const into = new Float32Array(arena, 128, 6);
    await source.read("w", into);
    expect([...into]).toEqual([...weights]);
    const step = new BigInt64Array(1);
    await source.read("step", step);
    expect(step[0]).toBe(9_007_199_254_740_993n);
    expect(source.metadata).toEqual({ format: "pt", step: "3" });
    await source.close();
    expect(await readdir(dir)).toEqual(["model.safetensors"]);
  });

  it.each([
    { dtype: "F16", narrow: floatToHalf },
    { dtype: "BF16", narrow: floatToBfloat },
  ] as const)("widen $dtype in pieces, over more than one piece", async ({ dtype, narrow }) => {
    const n = 1_200_001;
    const values = Float32Array.from({ length: n }, (_, i) => (i % 200) - 100); // exact in both formats
    const data = new Uint16Array(n);
    narrow(values, data);
    await writeSafetensors(join(dir, "a"), [
      { name: "odd", dtype: "U8", shape: [1], data: Uint8Array.of(1) },
      { name: "w", dtype, shape: [n], data },
    ]);
    const source = await openSafetensors(join(dir, "a"));
    const into = new Float32Array(n);
    await source.read("w", into);
    expect(Buffer.from(into.buffer).equals(Buffer.from(values.buffer))).toBe(true);
    await source.close();
  });

  it("refuse data that does not fill the shape, and leave nothing behind", async () => {
    const tensor = { name: "w", dtype: "F32", shape: [3], data: new Float32Array(2) } as const;
    await expect(writeSafetensors(join(dir, "a"), [tensor])).rejects.toMatchObject({ code: "tensor-shape" });
    expect(await readdir(dir)).toEqual([]);
  });

  it("say what is wrong with a file that is missing, a folder, or cut short at any byte", async () => {
    const path = join(dir, "a");
    await expect(openSafetensors(path)).rejects.toMatchObject({ code: "not-found" });
    await expect(openSafetensors(dir)).rejects.toMatchObject({ code: "not-a-file" });
    await writeSafetensors(path, [{ name: "w", dtype: "F32", shape: [3], data: new Float32Array(3) }]);
    const file = await open(path, "r");
    const whole = await file.readFile();
    await file.close();
    for (let length = 0; length < whole.length; length++) {
      await writeFile(join(dir, "cut"), whole.subarray(0, length));
      await expect(openSafetensors(join(dir, "cut"))).rejects.toMatchObject({ code: "safetensors-header" });
    }
  });

  it.skipIf(!assets)("hold a published model (skipped without PUNCHLINE_ASSETS)", async () => {
    const source = await openSafetensors(join(assets!, "gpt2-random-n16-hf", "model.safetensors"));
    expect(source.tensors.size).toBe(16);
    expect(source.tensors.get("transformer.wte.weight")).toMatchObject({ dtype: "F32", shape: [50257, 16] });
    const scale = new Float32Array(16);
    await source.read("transformer.ln_f.weight", scale);
    expect(Math.min(...scale)).toBeGreaterThan(0.98); // a layer norm's scale begins at 1
    expect(Math.max(...scale)).toBeLessThan(1.02);
    await source.close();
  });
});
