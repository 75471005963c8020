/** What fingerprints are hashes of, and the hash in a browser. */
import { joinBytes } from "../core/utf8.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { FINGERPRINT_DIGITS, vocabularyText } from "../text/vocabulary-text.ts";
import type { TensorSource } from "./tensor-source.ts";

/** Bytes hashed at each tensor's beginning and at its end. */
const SAMPLE_BYTES = 1024;

/**
 * Every tensor's name, dtype, shape, first and last bytes, in the order of the names.
 * @param part some bytes of a tensor; without them its numbers do not count
 */
export async function* fingerprintPieces(
  source: Pick<TensorSource, "tensors">,
  part: NonNullable<TensorSource["part"]>,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const sorted = [...source.tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, dtype, shape, begin, end } of sorted) {
    yield encoder.encode(`${name} ${dtype} ${shape.join()}\n`);
    const length = end - begin;
    const size = Math.min(SAMPLE_BYTES, length);
    for (const at of [0, length - size]) {
      const bytes = await part(name, at, at + size);
      if (bytes) yield bytes;
    }
  }
}

/** `fingerprintTensors` of Node, in a browser. */
export async function weightsFingerprint(source: TensorSource): Promise<string> {
  const pieces: Uint8Array[] = [];
  const part = async (name: string, begin: number, end: number) => source.part?.(name, begin, end);
  for await (const piece of fingerprintPieces(source, part)) pieces.push(piece);
  return digest(joinBytes(pieces));
}

/** `fingerprintTokenizer` of Node, in a browser. */
export const vocabularyFingerprint = (tokenizer: Tokenizer): Promise<string> =>
  digest(new TextEncoder().encode(vocabularyText(tokenizer)));

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const digits = Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.slice(0, FINGERPRINT_DIGITS);
}
