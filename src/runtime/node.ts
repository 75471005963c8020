/** The backend for Node: ONNX Runtime's CPU kernels, and WebGPU, CUDA, CoreML or DirectML where they are present. */
import * as ort from "onnxruntime-node";
import { PunchlineError } from "../core/errors.ts";
import { checkOptions } from "../core/options.ts";
import { type OrtTensorConstructor, wrapSession } from "./_ort.ts";
import { type Backend, type BackendOptions, backendOptionNames } from "./backend.ts";

/** @throws PunchlineError `device` where the device cannot be used on this machine. */
export function nodeBackend(options: BackendOptions = {}): Backend {
  const { device = "cpu", threads, profile } = checkOptions(options, backendOptionNames);
  return {
    device,
    async createSession(model, folder) {
      try {
        const session = await ort.InferenceSession.create(model, {
          executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
          graphOptimizationLevel: "basic",
          // Memory patterns raise the peak by a third and save no time on training graphs.
          enableMemPattern: false,
          logSeverityLevel: 3,
          ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
          ...(folder === undefined
            ? {}
            : { extra: { session: { model_external_initializers_file_folder_path: folder } } }),
          ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
        });
        return wrapSession(session, ort.Tensor as unknown as OrtTensorConstructor, true);
      } catch (cause) {
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
