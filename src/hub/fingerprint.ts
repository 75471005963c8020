/** Fingerprints of weights, without reading all of them, and of vocabularies: to notice that one was exchanged. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { fileState } from "../files/file-state.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { FINGERPRINT_DIGITS, TOKENIZER_FINGERPRINT, vocabularyText } from "../text/vocabulary-text.ts";
import { fingerprintPieces } from "./fingerprint-pieces.ts";
import type { TensorSource } from "./tensor-source.ts";

/** Of weights that lie in files, by {@link stateOf}: several steps of a command ask for the same. */
const known = new Map<string, string>();

/**
 * A hash of every tensor's name, dtype, shape and some of its bytes. Any training changes it. It protects against
 * mistakes, not against forgery. Files that have not changed are read once in a process.
 */
export async function fingerprintTensors(source: TensorSource): Promise<string> {
  const state = await stateOf(source);
  const found = state === undefined ? undefined : known.get(state);
  if (found !== undefined) return found;
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
  const fingerprint = hash.digest("hex").slice(0, FINGERPRINT_DIGITS);
  if (state !== undefined) known.set(state, fingerprint);
  return fingerprint;
}

/** The tensors' names and the states of their files; undefined where one lies in no file. */
async function stateOf({ tensors, locate }: TensorSource): Promise<string | undefined> {
  const names = [...tensors.keys()];
  const files = new Set(names.map((name) => locate?.(name)?.file));
  const states = await Promise.all([...files].map((file) => file && fileState(file)));
  return states.includes(undefined) ? undefined : JSON.stringify([states, names]);
}

/** A hash of a vocabulary's kind and of the token of every id. */
export const fingerprintTokenizer = (tokenizer: Tokenizer): string =>
  createHash("sha256").update(vocabularyText(tokenizer)).digest("hex").slice(0, FINGERPRINT_DIGITS);

/** What weights record of their vocabulary, for the metadata of their file. */
export const tokenizerMetadata = (tokenizer: Tokenizer): Readonly<Record<string, string>> => ({
  [TOKENIZER_FINGERPRINT]: fingerprintTokenizer(tokenizer),
});
