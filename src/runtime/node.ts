/** The backend for Node: ONNX Runtime's CPU kernels, and WebGPU, CUDA, CoreML or DirectML where they are present. */
import * as ort from "onnxruntime-node";
import { InputError, PunchlineError } from "../core/errors.ts";
import { checkOptions, option } from "../core/options.ts";
import { listed } from "../core/sentence.ts";
import { type OrtTensorConstructor, wrapSession } from "./_ort.ts";
import { type Backend, type BackendOptions, backendOptionNames } from "./backend.ts";

/** @throws InputError `device` where the runtime does not have the device on this system. */
export function nodeBackend(options: BackendOptions = {}): Backend {
  const { device = "cpu", threads, profile } = checkOptions(options, backendOptionNames);
  // The runtime itself would leave it out and compute on the CPU.
  const supported = ort.listSupportedBackends().map(({ name }) => name);
  if (!supported.includes(device))
    throw new InputError(
      "device",
      `ONNX Runtime has no "${device}" on this system; choose another ${option("device")}, of ${listed(supported)}.`,
      { device, supported },
    );
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
