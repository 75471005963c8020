/** The WebAssembly kernels on a memory. */
import { PunchlineError } from "../core/errors.ts";
import { type Kernels, kernelModule } from "./kernels.generated.ts";

/** @throws PunchlineError `webassembly` where the engine has no WebAssembly with SIMD */
export function instantiate(memory: WebAssembly.Memory): Kernels {
  const bytes = Uint8Array.from(atob(kernelModule), (character) => character.charCodeAt(0));
  try {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return instance.exports as unknown as Kernels;
  } catch (cause) {
    throw new PunchlineError(
      "webassembly",
      "This JavaScript engine cannot run WebAssembly with SIMD: take Node 20 or a browser of 2023 or later.",
      { cause },
    );
  }
}
