/**
 * An index as bytes, to keep in a run's folder: little-endian, each part at a multiple of four bytes.
 *
 *     8 bytes   magic "PUNCHNOV"
 *     6 x u32   version; bytes per symbol; units; texts; symbols; checksum of the parts
 *     32 bytes  fingerprint of the training texts, hexadecimal
 *     parts     units (u16), starts (i32), suffixes (i32), symbols (u8 or u16)
 *
 * The training texts are not in it: the reader passes them, and other texts are refused.
 */
import { InputError } from "../../core/errors.ts";
import { createFingerprint } from "../../data/hash.ts";
import { type IndexParts, TrainingIndex } from "./training-index.ts";

const MAGIC = "PUNCHNOV";
const VERSION = 1;
const HEADER = 64;
type Numbers = [number, number, number, number, number, number];

/** Pieces to write one behind the other; the large ones are views, not copies. */
export function indexToBytes(index: TrainingIndex): Uint8Array[] {
  const { units, starts, suffixes, symbols } = index.parts;
  const pieces = [units, starts, suffixes, symbols].map(padded);
  const header = new Uint8Array(HEADER);
  header.set(ascii(MAGIC));
  const sizes = [symbols.BYTES_PER_ELEMENT, units.length, index.texts.length, symbols.length];
  const numbers = [VERSION, ...sizes, checksum(pieces)];
  header.set(new Uint8Array(Uint32Array.from(numbers).buffer), 8);
  header.set(ascii(fingerprintOf(index.texts)), 32);
  return [header, ...pieces];
}

/**
 * The index that `bytes` hold, for the texts that it was made from.
 *
 * @throws InputError `index-format`, `index-version` or `index-damaged` where the bytes are no whole index of
 * this version, `index-changed` where the training texts are not those it was made from
 */
export function indexFromBytes(bytes: Uint8Array, texts: readonly string[]): TrainingIndex {
  if (bytes.length < HEADER || String.fromCharCode(...bytes.subarray(0, 8)) !== MAGIC)
    throw new InputError(
      "index-format",
      "This is no novelty index: it does not begin as one. Build it again.",
    );
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const header = new Uint32Array(aligned.buffer, aligned.byteOffset + 8, 6);
  const [version, width, unitCount, textCount, length, sum] = [...header] as Numbers;
  if (version !== VERSION)
    throw new InputError(
      "index-version",
      `The novelty index has version ${version}; this Punchline reads version ${VERSION}. Build it again.`,
      { version },
    );
  const sizes = [2 * unitCount, 4 * (textCount + 1), 4 * length, width * length].map(roundUp);
  const [unitBytes, startBytes, suffixBytes] = sizes as [number, number, number];
  const body = aligned.subarray(HEADER);
  if (
    (width !== 1 && width !== 2) ||
    sizes.reduce((a, b) => a + b) !== body.length ||
    checksum([body]) !== sum
  ) {
    throw new InputError("index-damaged", "The novelty index is damaged or cut short. Build it again.");
  }
  const kept = String.fromCharCode(...aligned.subarray(32, HEADER));
  const given = fingerprintOf(texts);
  if (textCount !== texts.length || kept !== given)
    throw new InputError(
      "index-changed",
      `The training texts are not those of the novelty index: it has ${textCount} with fingerprint ${kept}, and these are ${texts.length} with ${given}. Restore the data or build the index again.`,
      { expected: kept, actual: given },
    );
  const at = aligned.byteOffset + HEADER;
  const { buffer } = aligned;
  const symbolsAt = at + unitBytes + startBytes + suffixBytes;
  const parts: IndexParts = {
    units: new Uint16Array(buffer, at, unitCount),
    starts: new Int32Array(buffer, at + unitBytes, textCount + 1),
    suffixes: new Int32Array(buffer, at + unitBytes + startBytes, length),
    symbols:
      width === 1 ? new Uint8Array(buffer, symbolsAt, length) : new Uint16Array(buffer, symbolsAt, length),
  };
  return new TrainingIndex(texts, parts);
}

function fingerprintOf(texts: readonly string[]): string {
  const fingerprint = createFingerprint();
  for (const text of texts) fingerprint.add(text);
  return fingerprint.digest();
}

/** The bytes of an array, with zeros up to a multiple of four. */
function padded({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  if (byteLength % 4 === 0) return bytes;
  const result = new Uint8Array(roundUp(byteLength));
  result.set(bytes);
  return result;
}

const roundUp = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** A 32-bit sum in which the order of the words counts (FNV-1a, word by word). */
function checksum(pieces: readonly Uint8Array[]): number {
  let sum = 0x811c9dc5;
  for (const piece of pieces) {
    const words = new Int32Array(piece.buffer, piece.byteOffset, piece.length >> 2);
    for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x01000193);
  }
  return sum >>> 0;
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
