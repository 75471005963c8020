/** A backend like one of a GPU on the CPU: lowered for the device's kernels, its kept results in memory of its own. */
import type { DeviceArray, HostArray } from "../src/core/array.ts";
import { PunchlineError } from "../src/core/errors.ts";
import { kernelsOf } from "../src/onnx/kernels.ts";
import { type Backend, NOT_WHOLE, type Session } from "../src/runtime/backend.ts";
import { nodeBackend } from "../src/runtime/node.ts";

export interface DeviceLike {
  readonly backend: Backend;
  /** Arrays that the device holds now. */
  readonly held: () => number;
  /** Elements that came back to the host, by run of the graphs of which results stay. */
  readonly returned: readonly number[];
}

type Run = Session["run"];

/**
 * @param around sees every run, and may fail it or change its results
 * @param lacks an operator that the device has no kernel for
 */
export function deviceLike(
  around: (run: Run, ...given: Parameters<Run>) => ReturnType<Run> = (run, ...given) => run(...given),
  lacks?: string,
): DeviceLike {
  const cpu = nodeBackend({ threads: 1 });
  const held = new Set<object>();
  const returned: number[] = [];
  const toDevice = (array: HostArray): DeviceArray => {
    const device = { array };
    held.add(device);
    return { dtype: array.dtype, shape: array.shape, device, release: () => void held.delete(device) };
  };
  const toHost = (array: HostArray | DeviceArray): HostArray => {
    if (!("device" in array)) return array;
    if (!held.has(array.device)) throw new Error("an array was read after its release");
    return (array.device as { readonly array: HostArray }).array;
  };
  const backend: Backend = {
    device: "webgpu",
    kernels: kernelsOf("webgpu"),
    keepsResults: true,
    async createSession(model, { kept = [], ...options } = {}) {
      if (lacks !== undefined && options.whole && Buffer.from(model).includes(lacks))
        throw new PunchlineError(NOT_WHOLE, "not whole");
      // The CPU has every kernel, so that it refuses nothing.
      const session = await cpu.createSession(model, { ...options, whole: false });
      return {
        release: () => session.release(),
        run: (feeds, fetches) =>
          around(
            async (given, wanted) => {
              const arrays = Object.entries(given).map(([name, array]) => [name, toHost(array)] as const);
              const results = await session.run(Object.fromEntries(arrays), wanted);
              let elements = 0;
              const out = Object.entries(results).map(([name, array]) => {
                if (kept.includes(name)) return [name, toDevice(array as HostArray)] as const;
                elements += (array as HostArray).data.length;
                return [name, array] as const;
              });
              if (kept.length > 0) returned.push(elements);
              return Object.fromEntries(out);
            },
            feeds,
            fetches,
          ),
      };
    },
  };
  return { backend, held: () => held.size, returned };
}
