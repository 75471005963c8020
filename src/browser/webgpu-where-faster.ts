/** WebGPU as a choice for trainings in a page: measured where it may be worth it, and used where it is faster. */
import { webgpuBackend } from "../runtime/web.ts";
import type { OtherBackend } from "../train/fastest.ts";

/**
 * Seconds. Steps that take less on WebAssembly are not tried: a device is given 500 to 1,500 operations for each step, each of
 * which takes about 10 µs before anything is computed (a chain of 1,000 additions of four numbers took 9.5 ms in Node on
 * SwiftShader), so 5 to 15 ms; and its library, 17 MB, has to be loaded first.
 */
const WORTH_TRYING = 0.02;

/** What a page's engine takes as `others`. Nothing is loaded before a training is worth it. */
export const webgpuWhereFaster = (): readonly OtherBackend[] =>
  "gpu" in globalThis.navigator
    ? [{ device: "webgpu", open: () => webgpuBackend(), minSeconds: WORTH_TRYING }]
    : [];
