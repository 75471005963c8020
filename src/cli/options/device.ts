/** The options for where a model runs, on every command that runs one. */
import type { BackendOptions } from "../../runtime/backend.ts";
import { choice, integer, type OptionValues, present } from "./option.ts";

export const deviceOptions = {
  device: choice(["cpu", "webgpu", "cuda", "coreml", "dml"], {
    describe: "Where graphs run",
    default: "cpu",
    group: "Machine",
  }),
  threads: integer({
    describe: "Threads of one operation (default: one per core)",
    min: 1,
    group: "Machine",
  }),
} as const;

export const deviceOf = ({ device, threads }: OptionValues<typeof deviceOptions>): BackendOptions =>
  present({ device, threads });
