/** The options for where a model runs, on every command that runs one. */
import type { BackendOptions, Device } from "../../runtime/backend.ts";
import { choice, inGroup, integer, type Option, type OptionValues, present } from "./option.ts";

export const deviceOptions = inGroup("Machine", {
  device: choice("Where graphs run", ["cpu", "webgpu", "cuda", "coreml", "dml"], { default: "cpu" }),
  threads: integer("Threads of one operation (default: one per core)", { min: 1 }),
});

export const deviceOf = ({ device, threads }: OptionValues<typeof deviceOptions>): BackendOptions =>
  present({ device, threads });

/** Without a default of the device, so that a resumed run keeps its own. */
export const trainingDeviceOptions: { readonly device: Option<Device | undefined> } & Pick<
  typeof deviceOptions,
  "threads"
> = {
  ...deviceOptions,
  device: { ...deviceOptions.device, describe: "Where graphs run (default cpu)", default: undefined },
};
