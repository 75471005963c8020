/** The options for where a model runs, on every command that runs one. */
import { availableParallelism } from "node:os";
import type { BackendChoice, Device } from "../../runtime/backend.ts";
import { environmentThreads } from "../../runtime/environment-threads.ts";
import { choice, inGroup, integer, type Option, type OptionValues, present } from "./option.ts";

export const deviceOptions = inGroup("Machine", {
  device: choice(
    "What computes (punchline devices); auto tries cpu and webgpu once and takes the faster",
    ["cpu", "webgpu", "cuda", "coreml", "dml", "auto"],
    { default: "cpu" },
  ),
  threads: integer("Threads of one operation", {
    min: 1,
    max: 1024,
    defaultIs: "PUNCHLINE_THREADS, else one per core",
  }),
});

export const deviceOf = <D extends Device | "auto">({
  device,
  threads,
}: Pick<OptionValues<typeof deviceOptions>, "threads"> & { readonly device: D }): {
  readonly device?: D;
  readonly threads?: number;
} => present({ device, threads });

/** Where a model runs, in words. */
export const machineText = ({ device = "cpu", threads = environmentThreads() }: BackendChoice): string =>
  `on ${device === "auto" ? "the faster of cpu and webgpu" : device}, ${threads === undefined ? `${availableParallelism()} threads, one per core` : threads === 1 ? "1 thread" : `${threads} threads`}`;

/** Without a default of the device, so that a resumed run keeps its own. */
export const trainingDeviceOptions: { readonly device: Option<Device | "auto" | undefined> } & Pick<
  typeof deviceOptions,
  "threads"
> = {
  ...deviceOptions,
  device: { ...deviceOptions.device, default: undefined },
};
