/** What a runtime must offer to run lowered graphs. */
import type { HostArray } from "../core/array.ts";
import { optionNames } from "../core/options.ts";

export type Device = "cpu" | "webgpu" | "cuda" | "coreml" | "dml" | "wasm";

export interface Session {
  /**
   * Runs the model.
   * @param fetches what to compute, by name; an array given here is written in place
   */
  run(
    feeds: Readonly<Record<string, HostArray>>,
    fetches: Readonly<Record<string, HostArray | null>>,
  ): Promise<Readonly<Record<string, HostArray>>>;
  release(): Promise<void>;
}

export interface Backend {
  readonly device: Device;
  /** @param folder where the files lie that the model's stored constants name; only in Node */
  createSession(model: Uint8Array, folder?: string): Promise<Session>;
}

export interface BackendOptions {
  /** Where graphs run. Default: `cpu`. */
  readonly device?: Device | undefined;
  /** Threads inside one operation. Default: what the runtime chooses, one per core. */
  readonly threads?: number | undefined;
  /** Write a profile of every node to this file prefix (Node only). */
  readonly profile?: string | undefined;
}

export const backendOptionNames = optionNames<keyof BackendOptions>()("device threads profile");
