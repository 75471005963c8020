/** The backend for browsers: ONNX Runtime Web's WebAssembly and WebGPU kernels. */
import { PunchlineError } from "../core/errors.ts";
import { checkOptions } from "../core/options.ts";
import { type OrtTensorConstructor, wrapSession } from "./_ort.ts";
import { type Backend, type BackendOptions, backendOptionNames } from "./backend.ts";

/** An optional dependency: the library is many times as large as Punchline. */
async function load() {
  try {
    return await import("onnxruntime-web");
  } catch (cause) {
    throw new PunchlineError(
      "no-onnxruntime-web",
      'The backend for browsers needs the package onnxruntime-web, which could not be loaded; "npm install onnxruntime-web@~1.30.0" brings it.',
      { cause },
    );
  }
}

export function webBackend(options: BackendOptions = {}): Backend {
  const { device = "wasm", threads } = checkOptions(options, backendOptionNames);
  return {
    device,
    async createSession(model, folder) {
      if (folder !== undefined) {
        throw new PunchlineError(
          "stored",
          "A browser cannot map files: give the weights as arrays in memory.",
        );
      }
      const ort = await load();
      if (threads !== undefined) ort.env.wasm.numThreads = threads;
      const session = await ort.InferenceSession.create(model, {
        executionProviders: device === "webgpu" ? ["webgpu", "wasm"] : ["wasm"],
        graphOptimizationLevel: "basic",
        logSeverityLevel: 3,
      });
      return wrapSession(session, ort.Tensor as unknown as OrtTensorConstructor, false);
    },
  };
}
