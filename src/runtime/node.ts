/** The backend for Node: ONNX Runtime's CPU kernels, and WebGPU, CUDA, CoreML or DirectML where they are present. */
import { createRequire } from "node:module";
import { PunchlineError } from "../core/errors.ts";
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
import { type Backend, type BackendOptions, backendOptionNames } from "./backend.ts";
import { environmentThreads } from "./environment-threads.ts";
import { isNoAdapter, isNoLibrary, noAdapter, noLibrary, notSupported } from "./unusable.ts";

const load = createRequire(import.meta.url);
/** ONNX Runtime, loaded when the first backend is made. */
const runtime = (): typeof import("onnxruntime-node") => load("onnxruntime-node");

/** For a search of devices: those that are absent say so at length on standard error. Before the first session. */
export function silenceRuntime(): void {
  runtime().env.logLevel = "fatal";
}

/** @throws InputError `device` where the runtime does not have the device on this system. */
export function nodeBackend(options: BackendOptions = {}): Backend {
  const { device = "cpu", profile, ...given } = checkOptions(options, backendOptionNames);
  const threads = given.threads ?? environmentThreads();
  const ort = runtime();
  // The runtime itself would leave it out and compute on the CPU.
  const supported = ort.listSupportedBackends().map(({ name }) => name);
  if (!supported.includes(device)) throw notSupported(device, supported);
  return {
    device,
    kernels: kernelsOf(device),
    copiesResults: device === "cpu",
    sharesMemory: device === "cpu",
    keepsResults: device === "webgpu",
    ...(device === "cpu" ? {} : { reference: () => nodeBackend({ threads }) }),
    async createSession(model, { folder, kept = [], whole = false } = {}) {
      try {
        const session = await ort.InferenceSession.create(model, {
          executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
          graphOptimizationLevel: "basic",
          // Memory patterns raise the peak by a third and save no time on training graphs.
          enableMemPattern: false,
          // What fails on a device is an error of the run, which says what the log would.
          logSeverityLevel: device === "cpu" ? 3 : 4,
          ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
          ...keptOnDevice(kept),
          extra: {
            session: {
              ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
              ...wholeOnDevice(whole),
            },
          },
          ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
        });
        const wrapped = wrapSession(
          session,
          ort.Tensor as unknown as OrtTensorConstructor,
          kept.length === 0,
        );
        if (profile === undefined) return wrapped;
        return {
          ...wrapped,
          async release() {
            session.endProfiling();
            await wrapped.release();
          },
        };
      } catch (cause) {
        if (isNotWhole(cause)) throw notWhole(device, cause);
        if (isNoAdapter(cause)) throw noAdapter(device, cause);
        if (device === "cuda" && isNoLibrary(cause)) throw noLibrary(device, cause);
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new PunchlineError(
          "session",
          `ONNX Runtime could not load the graph on "${device}": ${reason}`,
          { cause },
        );
      }
    },
  };
}
