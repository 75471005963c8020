/** Refusals of devices: for whoever asked for one, and for whoever reads a list. */
import { describe, expect, it } from "vitest";
import { isNoAdapter, isNoLibrary, noAdapter, noLibrary, notSupported, whyUnusable } from "./unusable.ts";

describe("a device that cannot be used", () => {
  it("is told from other failures by what ONNX Runtime says", () => {
    const library = new Error("OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library");
    const adapter = new Error("Failed to get a WebGPU adapter.");
    expect([isNoLibrary(library), isNoLibrary(adapter)]).toEqual([true, false]);
    expect([isNoAdapter(library), isNoAdapter(adapter)]).toEqual([false, true]);
  });

  it("is refused with what to do, and listed without", () => {
    const refusals = [
      notSupported("coreml", ["cpu", "webgpu", "cuda", "tensorrt"]),
      noLibrary("cuda", undefined),
      noAdapter("webgpu", undefined),
    ];
    expect(refusals[0]!.message).toBe(
      'ONNX Runtime has no "coreml" on this system, only on macOS; choose another `device`, of cpu, webgpu and cuda.',
    );
    for (const refusal of refusals) {
      const why = whyUnusable(refusal);
      expect(why).toMatch(/^[^;]+\.$/);
      expect(refusal.message.startsWith(why.slice(0, -1))).toBe(true);
      expect(refusal.message).toContain("`device`");
    }
    expect(whyUnusable(new Error("It is broken."))).toBe("It is broken.");
  });
});
