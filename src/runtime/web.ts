/** The backend for browsers: ONNX Runtime Web's WebAssembly and WebGPU kernels. */
import { PunchlineError } from "../core/errors.ts";
import { checkOptions } from "../core/options.ts";
import { kernelsOf } from "../onnx/kernels.ts";
import {
  isNoAdapter,
  isNotWhole,
  keptOnDevice,
  noAdapter,
  notWhole,
  type OrtTensorConstructor,
  wholeOnDevice,
  wrapSession,
} from "./_ort.ts";
import { type Backend, type BackendOptions, backendOptionNames, type Device } from "./backend.ts";

/**
 * An optional dependency: the library is many times as large as Punchline. Of its entries the smallest that has the
 * device: WebAssembly alone is half of what WebGPU takes.
 */
async function load(device: Device) {
  try {
    return await (device === "webgpu" ? import("onnxruntime-web/webgpu") : import("onnxruntime-web/wasm"));
  } catch (cause) {
    throw new PunchlineError(
      "no-onnxruntime-web",
      'The backend for browsers needs the package onnxruntime-web, which could not be loaded; "npm install onnxruntime-web@~1.30.0" brings it.',
      { cause },
    );
  }
}

/** More threads than this gain nothing for models that train in a page. */
const MOST_THREADS = 4;

/** One thread where the page is not cross-origin isolated: browsers share no memory with others. */
const suitedThreads = (): number =>
  globalThis.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;

export function webBackend(options: BackendOptions = {}): Backend {
  const { device = "wasm", threads = suitedThreads() } = checkOptions(options, backendOptionNames);
  return {
    device,
    kernels: kernelsOf(device),
    keepsResults: device === "webgpu",
    async createSession(model, { folder, kept = [], whole = false } = {}) {
      if (folder !== undefined) {
        throw new PunchlineError(
          "stored",
          "A browser cannot map files: give the weights as arrays in memory.",
        );
      }
      const ort = await load(device);
      ort.env.wasm.numThreads = threads;
      const session = await ort.InferenceSession.create(model, {
        executionProviders: device === "webgpu" ? ["webgpu", "wasm"] : ["wasm"],
        graphOptimizationLevel: "basic",
        logSeverityLevel: 3,
        ...keptOnDevice(kept),
        extra: { session: wholeOnDevice(whole) },
      }).catch((cause: unknown) => {
        if (isNoAdapter(cause)) throw noAdapter(device, cause);
        throw isNotWhole(cause) ? notWhole(device, cause) : cause;
      });
      return wrapSession(session, ort.Tensor as unknown as OrtTensorConstructor, false);
    },
  };
}
