/**
 * Checksums in the metadata of safetensors files, and files with them. Runs in a browser: Node and browsers bring a
 * CRC-32 each.
 */

import { InputError } from "../core/errors.ts";
import { checkObject, invalidOption } from "../core/options.ts";
import { layoutTensors, type TensorSpec } from "./safetensors.ts";
import { damaged } from "./tensor-source.ts";

/** CRC-32 of bytes, as zlib computes it. */
export type Crc32 = (bytes: Uint8Array) => number;

/** The metadata key of checksums: CRC-32 of each tensor's bytes by its name, and of the other metadata by "". */
const CHECKSUMS = "punchline_crc32";
export type Checksums = Readonly<Record<string, number | undefined>>;

/** Separates the checksums from the metadata; files of other programs and of 0.1.0 have none. */
export function readChecksums(
  { [CHECKSUMS]: text, ...metadata }: Readonly<Record<string, string>>,
  where: string,
  crc32: Crc32,
): { readonly metadata: Readonly<Record<string, string>>; readonly checksums: Checksums } {
  if (text === undefined) return { metadata, checksums: {} };
  const sums = parsedSums(text);
  if (!sums || sums[""] !== sumOfMetadata(metadata, crc32)) throw damaged("Its metadata", where);
  return { metadata, checksums: sums };
}

/** CRC-32 of the metadata, without `format`, which every file gets. */
function sumOfMetadata({ format: _, ...own }: Readonly<Record<string, string>>, crc32: Crc32): number {
  return crc32(new TextEncoder().encode(JSON.stringify(own)));
}

function parsedSums(text: string): Checksums | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Checksums) : undefined;
  } catch {
    return undefined;
  }
}

/** A tensor with its numbers, little-endian, row-major, of `dtype`. */
export interface TensorToWrite extends TensorSpec {
  readonly data: ArrayBufferView;
}

/** For programs without types. */
function checkTensorsToWrite(tensors: unknown, metadata: unknown): void {
  const all =
    Array.isArray(tensors) &&
    tensors.every(
      (one) => typeof one?.name === "string" && Array.isArray(one.shape) && ArrayBuffer.isView(one.data),
    );
  if (!all) throw invalidOption("tensors", tensors, "a list of { name, dtype, shape, data }");
  checkObject(metadata, "metadata", "texts by name");
}

/**
 * The bytes of a file with `tensors`, in parts. Adds `format: "pt"` to the metadata, which Python's loaders require.
 * The numbers, such as views of an arena, are not copied.
 *
 * @throws InputError `safetensors-header` for a name given twice, `tensor-shape` where data and shape disagree
 */
export function safetensorsParts(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
  crc32: Crc32,
): Uint8Array<ArrayBuffer>[] {
  checkTensorsToWrite(tensors, metadata);
  const sums = Object.fromEntries([
    ["", sumOfMetadata(metadata, crc32)],
    ...tensors.map(({ name, data: { buffer, byteOffset, byteLength } }): [string, number] => [
      name,
      crc32(new Uint8Array(buffer, byteOffset, byteLength)),
    ]),
  ]);
  const { head, tensors: placed } = layoutTensors(tensors, {
    ...metadata,
    [CHECKSUMS]: JSON.stringify(sums),
  });
  const data = new Map(tensors.map((t) => [t.name, t.data]));
  const chunks = [head];
  for (const { name, begin, end, shape, dtype } of placed) {
    const { buffer, byteOffset, byteLength } = data.get(name)!;
    if (byteLength !== end - begin) {
      const reason = `${dtype} [${shape.join(", ")}] takes ${end - begin} bytes, not ${byteLength}`;
      throw new InputError("tensor-shape", `Cannot write tensor "${name}": ${reason}.`, { name, shape });
    }
    chunks.push(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }
  return chunks;
}
