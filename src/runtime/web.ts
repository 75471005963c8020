/** The backend for browsers: ONNX Runtime Web's WebAssembly and WebGPU kernels. */
import { InputError, PunchlineError } from "../core/errors.ts";
import { checkOptions } from "../core/options.ts";
import { kernelsOf } from "../onnx/kernels.ts";
import {
  isNotWhole,
  keptOnDevice,
  notWhole,
  type OrtTensorConstructor,
  wholeOnDevice,
  wrapSession,
} from "./_ort.ts";
import { type Backend, type BackendOptions, backendOptionNames, type Device } from "./backend.ts";
import { isNoAdapter, noAdapter } from "./unusable.ts";

/** Whether WebAssembly can wait for a promise here: half of what WebGPU takes is a way around that. */
export const hasPromiseIntegration = (): boolean => "Suspending" in WebAssembly;

/**
 * An optional dependency: the library is many times as large as Punchline. Of its entries the smallest that has the
 * device: 14 MB for WebAssembly alone, 17 MB for WebGPU, 27 MB where WebAssembly cannot wait for promises.
 */
async function load(device: Device) {
  try {
    if (device !== "webgpu") return await import("onnxruntime-web/wasm");
    return await (hasPromiseIntegration()
      ? import("onnxruntime-web/jspi")
      : import("onnxruntime-web/webgpu"));
  } catch (cause) {
    throw new PunchlineError(
      "no-onnxruntime-web",
      'The backend for browsers needs the package onnxruntime-web, which could not be loaded; "npm install onnxruntime-web@~1.30.0" brings it.',
      { cause },
    );
  }
}

/**
 * The backend of the browser's WebGPU, for what is measured against WebAssembly. A processor that acts as a graphics card
 * is none.
 * @throws InputError `no-adapter`
 */
export async function webgpuBackend(options: Omit<BackendOptions, "device"> = {}): Promise<Backend> {
  const gpu = (globalThis.navigator as Navigator & { readonly gpu?: Gpu })?.gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter || adapter.info?.isFallbackAdapter)
    throw new InputError("no-adapter", "There is no graphics card that this browser lets pages use.");
  return webBackend({ ...options, device: "webgpu" });
}

/** What is used here of the browser's interface. */
interface Gpu {
  requestAdapter(
    options: object,
  ): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>;
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
    ...(device === "webgpu" ? { reference: () => webBackend({ threads }) } : {}),
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
