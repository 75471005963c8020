/** Sessions over the interface that onnxruntime-node and onnxruntime-web share. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import type { DeviceArray, DType, HostArray } from "../core/array.ts";
import { PunchlineError } from "../core/errors.ts";
import { type Device, NOT_WHOLE, type Session } from "./backend.ts";
import { isWithheld, WITHHELD } from "./withheld.ts";

/** The constructor is passed in: each runtime must be given tensors of its own copy of the library. */
export type OrtTensorConstructor = new (
  dtype: DType,
  data: HostArray["data"],
  shape: readonly number[],
) => OrtTensor;

/** @param inPlace whether the library writes results into arrays that it is given: Node's does where none is kept, the browser's copies */
export function wrapSession(
  session: InferenceSession,
  Tensor: OrtTensorConstructor,
  inPlace: boolean,
): Session {
  let withholds = session.outputNames.includes(WITHHELD);
  const toOrt = (array: HostArray | DeviceArray): OrtTensor =>
    "device" in array ? (array.device as OrtTensor) : new Tensor(array.dtype, array.data, array.shape);
  return {
    async run(feeds, fetches) {
      const ortFeeds: Record<string, OrtTensor> = {};
      for (const name in feeds) ortFeeds[name] = toOrt(feeds[name]!);
      const ortFetches: Record<string, OrtTensor | null> = {};
      const whole = Object.values(fetches).every((into) => into !== null);
      for (const name in fetches) {
        const into = fetches[name];
        ortFetches[name] = into && inPlace ? toOrt(into) : null;
      }
      let failure: unknown;
      if (withholds && whole) {
        failure = await session.run(ortFeeds, { ...ortFetches, [WITHHELD]: null }).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failure === undefined || isWithheld(failure)) return fetches as Record<string, HostArray>;
      }
      const results = await session.run(ortFeeds, ortFetches);
      // The run does not fail, so that it was the sequence: this version of the library says so in other words.
      if (failure !== undefined) withholds = false;
      const out: Record<string, HostArray | DeviceArray> = {};
      for (const name in fetches) {
        const tensor = results[name]!;
        if (tensor.location === "gpu-buffer") {
          out[name] = onDevice(tensor);
          continue;
        }
        const data = tensor.data as HostArray["data"];
        const into = fetches[name];
        if (into && !inPlace) (into.data as Float32Array).set(data as Float32Array);
        // Where not every result has its place, each of them is copied; this frees a copy that nobody reads.
        if (into && inPlace && data !== into.data) discard(data);
        out[name] = into ?? { dtype: tensor.type as DType, shape: tensor.dims, data };
      }
      return out;
    },
    release: () => session.release(),
  };
}

const onDevice = (tensor: OrtTensor): DeviceArray => ({
  dtype: tensor.type as DType,
  shape: tensor.dims,
  device: tensor,
  release: () => tensor.dispose(),
});

/** Session options by which these results stay in the device's memory. */
export const keptOnDevice = (kept: readonly string[]): InferenceSession.SessionOptions =>
  kept.length === 0
    ? {}
    : { preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, "gpu-buffer" as const])) };

/** The library's own settings of a session by which it refuses to fall back to the CPU. */
export const wholeOnDevice = (whole: boolean): Readonly<Record<string, string>> =>
  whole ? { disable_cpu_ep_fallback: "1" } : {};

/** Whether a session could not be made because the device lacks an operator. */
export const isNotWhole = (error: unknown): boolean =>
  error instanceof Error && /nodes that are assigned to the default CPU EP/.test(error.message);

export const notWhole = (device: Device, cause: unknown): PunchlineError =>
  new PunchlineError(NOT_WHOLE, `"${device}" cannot compute all of the graph itself.`, {
    details: { device },
    cause,
  });

/** Frees the memory of an array that is no longer needed, without waiting for the garbage collector. */
function discard({ buffer }: HostArray["data"]): void {
  structuredClone(undefined, { transfer: [buffer as ArrayBuffer] });
}
