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

export function wrapSession(session: InferenceSession, Tensor: OrtTensorConstructor): Session {
  const toOrt = ({ dtype, data, shape }: HostArray): OrtTensor => new Tensor(dtype, data, shape);
  return {
    async run(feeds, fetches) {
      const ortFeeds: Record<string, OrtTensor> = {};
      for (const name in feeds) ortFeeds[name] = toOrt(feeds[name]!);
      const ortFetches: Record<string, OrtTensor | null> = {};
      for (const name in fetches) {
        const into = fetches[name];
        ortFetches[name] = into ? toOrt(into) : null;
      }
      const results = await session.run(ortFeeds, ortFetches);
      const out: Record<string, HostArray> = {};
      for (const name in fetches) {
        const tensor = results[name]!;
        const into = fetches[name];
        if (into) {
          // onnxruntime-node 1.30 copies even what it wrote in place; this frees the copy at once.
          if (tensor.data !== into.data) discard(tensor.data as HostArray["data"]);
          out[name] = into;
          continue;
        }
        out[name] = {
          dtype: tensor.type as DType,
          shape: tensor.dims,
          data: tensor.data as HostArray["data"],
        };
      }
      return out;
    },
    release: () => session.release(),
  };
}

/** Frees the memory of an array that nobody will read, without waiting for the garbage collector. */
function discard({ buffer }: HostArray["data"]): void {
  structuredClone(undefined, { transfer: [buffer as ArrayBuffer] });
}
