/** Sessions over the interface that onnxruntime-node and onnxruntime-web share. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import type { DType, HostArray } from "../core/array.ts";
import type { Session } from "./backend.ts";

/** The constructor is passed in: each runtime must be given tensors of its own copy of the library. */
export type OrtTensorConstructor = new (
  dtype: DType,
  data: HostArray["data"],
  shape: readonly number[],
) => OrtTensor;

/** @param inPlace whether the library writes results into arrays that it is given: Node's does, the browser's copies */
export function wrapSession(
  session: InferenceSession,
  Tensor: OrtTensorConstructor,
  inPlace: boolean,
): Session {
  const toOrt = ({ dtype, data, shape }: HostArray): OrtTensor => new Tensor(dtype, data, shape);
  return {
    async run(feeds, fetches) {
      const ortFeeds: Record<string, OrtTensor> = {};
      for (const name in feeds) ortFeeds[name] = toOrt(feeds[name]!);
      const ortFetches: Record<string, OrtTensor | null> = {};
      for (const name in fetches) {
        const into = fetches[name];
        ortFetches[name] = into && inPlace ? toOrt(into) : null;
      }
      const results = await session.run(ortFeeds, ortFetches);
      const out: Record<string, HostArray> = {};
      for (const name in fetches) {
        const tensor = results[name]!;
        const data = tensor.data as HostArray["data"];
        const into = fetches[name];
        if (into && !inPlace) (into.data as Float32Array).set(data as Float32Array);
        // onnxruntime-node 1.30 copies even what it wrote in place; this frees the copy at once.
        if (into && inPlace && data !== into.data) discard(data);
        out[name] = into ?? { dtype: tensor.type as DType, shape: tensor.dims, data };
      }
      return out;
    },
    release: () => session.release(),
  };
}

/** Frees the memory of an array that is no longer needed, without waiting for the garbage collector. */
function discard({ buffer }: HostArray["data"]): void {
  structuredClone(undefined, { transfer: [buffer as ArrayBuffer] });
}
