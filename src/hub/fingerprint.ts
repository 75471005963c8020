/** Fingerprints of weights, without reading all of them, and of vocabularies: to notice that one was exchanged. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Tokenizer } from "../text/tokenizer.ts";
import { FINGERPRINT_DIGITS, TOKENIZER_FINGERPRINT, vocabularyText } from "../text/vocabulary-text.ts";
import { fingerprintPieces } from "./fingerprint-pieces.ts";
import type { TensorSource } from "./tensor-source.ts";

/**
 * A hash of every tensor's name, dtype, shape and some of its bytes. Any training changes it. It protects against
 * mistakes, not against forgery.
 */
export async function fingerprintTensors(source: TensorSource): Promise<string> {
  const hash = createHash("sha256");
  const files = new Map<string, Awaited<ReturnType<typeof open>>>();
  const part = async (name: string, begin: number, end: number) => {
    const place = source.locate?.(name);
    if (!place) return source.part?.(name, begin, end);
    const file = files.get(place.file) ?? (await open(place.file, "r"));
    files.set(place.file, file);
    const bytes = new Uint8Array(end - begin);
    await file.read(bytes, 0, bytes.length, place.offset + begin);
    return bytes;
  };
  try {
    for await (const piece of fingerprintPieces(source, part)) hash.update(piece);
  } finally {
    for (const file of files.values()) await file.close();
  }
  return hash.digest("hex").slice(0, FINGERPRINT_DIGITS);
}

/** A hash of a vocabulary's kind and of the token of every id. */
export const fingerprintTokenizer = (tokenizer: Tokenizer): string =>
  createHash("sha256").update(vocabularyText(tokenizer)).digest("hex").slice(0, FINGERPRINT_DIGITS);

/** What weights record of their vocabulary, for the metadata of their file. */
export const tokenizerMetadata = (tokenizer: Tokenizer): Readonly<Record<string, string>> => ({
  [TOKENIZER_FINGERPRINT]: fingerprintTokenizer(tokenizer),
});
