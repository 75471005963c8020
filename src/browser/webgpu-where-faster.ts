/** WebGPU as a choice for trainings in a page: measured where it may be worth it, and used where it is faster. */
import { webgpuBackend } from "../runtime/web.ts";
import type { OtherBackend } from "../train/fastest.ts";

/**
 * Steps that take less on WebAssembly are not tried: a device is given hundreds of operations for each step, and its library,
 * 17 MB, has to be loaded first.
 */
const WORTH_TRYING = 0.02;

/** What a page's engine takes as `others`. Nothing is loaded before a training is worth it. */
export const webgpuWhereFaster = (): readonly OtherBackend[] =>
  "gpu" in globalThis.navigator
    ? [{ device: "webgpu", open: () => webgpuBackend(), minSeconds: WORTH_TRYING }]
    : [];
