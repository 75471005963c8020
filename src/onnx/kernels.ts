/** Which kernels ONNX Runtime (1.30) has on which device, of the operators that lowerings use. */
import type { DeviceKernels } from "../ops/emitter.ts";

export type { DeviceKernels };

/** The CPU's. */
export const everyKernel: DeviceKernels = { missing: new Set(), mostParts: Number.POSITIVE_INFINITY };

/**
 * A WebGPU device binds at least eight storage buffers to one shader (`maxStorageBuffersPerShaderStage`), and kernels
 * need some for themselves.
 */
const webgpuKernels: DeviceKernels = {
  missing: new Set([
    "FusedMatMul",
    "GroupQueryAttention",
    "LogSoftmax",
    "MultiHeadAttention.key_padding_mask",
    "OneHot",
    "Slice.int32",
    "Sum",
  ]),
  mostParts: 4,
};

/** @param device as backends name it; those that compute on the CPU and ONNX Runtime's own GPU libraries have all */
export const kernelsOf = (device: string): DeviceKernels =>
  device === "webgpu" ? webgpuKernels : everyKernel;
