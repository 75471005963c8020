/** What a runtime must offer to run lowered graphs. */
import type { DeviceArray, HostArray } from "../core/array.ts";
import { optionNames } from "../core/options.ts";
import type { DeviceKernels } from "../onnx/kernels.ts";

/** Those of Node. */
export const devices = ["cpu", "webgpu", "cuda", "coreml", "dml"] as const;

export type Device = (typeof devices)[number] | "wasm";

export interface Session {
  /**
   * Runs the model.
   * @param fetches what to compute, by name; an array given here is written in place
   */
  run(
    feeds: Readonly<Record<string, HostArray | DeviceArray>>,
    fetches: Readonly<Record<string, HostArray | null>>,
  ): Promise<Readonly<Record<string, HostArray | DeviceArray>>>;
  release(): Promise<void>;
}

export interface Backend {
  readonly device: Device;
  /** What the device computes itself, for the operations that are lowered for it. Default: everything. */
  readonly kernels?: DeviceKernels | undefined;
  /** Whether its library copies results that it has written in place, unless a sequence withholds them. Default false. */
  readonly copiesResults?: boolean | undefined;
  /** Whether a result may be given the memory of an input, for operations that change it in place. Default false. */
  readonly sharesMemory?: boolean | undefined;
  /** Whether results can stay in the memory of the device, to be fed again. Default false. */
  readonly keepsResults?: boolean | undefined;
  /** A backend whose numbers this one's are held to before a training. */
  readonly reference?: (() => Backend) | undefined;
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
}

export interface SessionOptions {
  /** Where the files lie that the model's stored constants name; only in Node. */
  readonly folder?: string | undefined;
  /** Results that stay in the device's memory, by name: a run gives them as device arrays. Default: none. */
  readonly kept?: readonly string[] | undefined;
  /** Whether to refuse a graph of which the device does not compute every node itself. Default false. */
  readonly whole?: boolean | undefined;
}

/** The error code of a graph that is refused for {@link SessionOptions.whole}. */
export const NOT_WHOLE = "not-on-device";

export interface BackendOptions {
  /** Where graphs run. Default: `cpu`. */
  readonly device?: Device | undefined;
  /** Threads inside one operation. Default: in Node `PUNCHLINE_THREADS`, else what the runtime chooses, one per core. */
  readonly threads?: number | undefined;
  /** Write a profile of every node to this file prefix (Node only). */
  readonly profile?: string | undefined;
}

/** The same, where there is something to measure: `auto` runs it on the CPU and on WebGPU, and keeps the faster. */
export interface BackendChoice extends Omit<BackendOptions, "device"> {
  /** Default: `cpu`. */
  readonly device?: Device | "auto" | undefined;
}

/** What is computed on until something has been measured. */
export const beforeChoice = ({ device, ...rest }: BackendChoice): BackendOptions => ({
  ...rest,
  device: device === "auto" ? "cpu" : device,
});

export const backendOptionNames = optionNames<keyof BackendOptions>()("device threads profile");
