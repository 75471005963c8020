/** The backend for browsers: ONNX Runtime Web's WebAssembly and WebGPU kernels. */
import * as ort from "onnxruntime-web";
import { PunchlineError } from "../core/errors.ts";
import { type OrtTensorConstructor, wrapSession } from "./_ort.ts";
import type { Backend, BackendOptions } from "./backend.ts";

export function webBackend({ device = "wasm", threads }: BackendOptions = {}): Backend {
  if (threads !== undefined) ort.env.wasm.numThreads = threads;
  return {
    device,
    async createSession(model, folder) {
      if (folder !== undefined) {
        throw new PunchlineError(
          "stored",
          "A browser cannot map files: give the weights as arrays in memory.",
        );
      }
      const session = await ort.InferenceSession.create(model, {
        executionProviders: device === "webgpu" ? ["webgpu", "wasm"] : ["wasm"],
        graphOptimizationLevel: "basic",
        logSeverityLevel: 3,
      });
      return wrapSession(session, ort.Tensor as unknown as OrtTensorConstructor, false);
    },
  };
}
