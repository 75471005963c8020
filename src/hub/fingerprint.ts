/** Fingerprints of weights, without reading all of them, and of vocabularies: to notice that one was exchanged. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Tokenizer } from "../text/tokenizer.ts";
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

/** The metadata key, in a file of weights, of the fingerprint of the vocabulary that they were trained with. */
export const TOKENIZER_FINGERPRINT = "punchline_tokenizer";

/** A hash of a vocabulary's kind and of the token of every id. */
export function fingerprintTokenizer({ kind, size, token }: Tokenizer): string {
  const written = (id: number): string | null => {
    try {
      return token(id);
    } catch {
      // Ids may have gaps.
      return null;
    }
  };
  const tokens = Array.from({ length: size }, (_, id) => written(id));
  return createHash("sha256")
    .update(JSON.stringify([kind, tokens]))
    .digest("hex")
    .slice(0, 32);
}

/** What weights record of their vocabulary, for the metadata of their file. */
export const tokenizerMetadata = (tokenizer: Tokenizer): Readonly<Record<string, string>> => ({
  [TOKENIZER_FINGERPRINT]: fingerprintTokenizer(tokenizer),
});
