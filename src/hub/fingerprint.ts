/** A fingerprint of weights, which detects other weights without reading all of them. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { TensorSource } from "./tensor-source.ts";

/** Bytes hashed at each tensor's beginning and at its end. */
const SAMPLE_BYTES = 1024;

/**
 * A hash of every tensor's name, dtype, shape and some of its bytes. Any training changes it. It protects against
 * mistakes, not against forgery.
 */
export async function fingerprintTensors(source: TensorSource): Promise<string> {
  const hash = createHash("sha256");
  const files = new Map<string, Awaited<ReturnType<typeof open>>>();
  const chunk = new Uint8Array(SAMPLE_BYTES);
  try {
    for (const { name, dtype, shape } of [...source.tensors.values()].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      hash.update(`${name} ${dtype} ${shape.join()}\n`);
      const place = source.locate?.(name);
      if (!place) continue;
      const file = files.get(place.file) ?? (await open(place.file, "r"));
      files.set(place.file, file);
      const size = Math.min(SAMPLE_BYTES, place.length);
      for (const at of [place.offset, place.offset + place.length - size]) {
        await file.read(chunk, 0, size, at);
        hash.update(chunk.subarray(0, size));
      }
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
  return hash.digest("hex").slice(0, 32);
}
