/**
 * A checkpoint's tensors as a model's weights: float32 tensors stay in their file for the runtime to map, others
 * are read into memory and converted.
 */
import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { type FilePlace, float32, type HostArray, type StoredArray, sizeOf } from "../core/array.ts";
import { type ExpectedTensor, type MatchOptions, matchTensors } from "./match-tensors.ts";
import { checkFinite, checkSum, type TensorSource } from "./tensor-source.ts";

export type WeightArrays = Record<string, HostArray<"float32"> | StoredArray<"float32">>;

/** Bytes checked at a time. */
const CHUNK_BYTES = 4 << 20;

/**
 * The arrays of `expected`, by name. Every number is checked once.
 * @throws InputError as {@link matchTensors}, {@link checkFinite} and {@link checkSum}, and those of reading.
 */
export async function openWeights(
  expected: readonly ExpectedTensor[],
  source: TensorSource,
  options: MatchOptions = {},
): Promise<WeightArrays> {
  const matches = matchTensors(expected, source, options);
  const folder = mappedFolder([...matches.values()], source);
  const files = new OpenFiles();
  const weights: WeightArrays = {};
  try {
    for (const { name, shape } of expected) {
      const stored = matches.get(name);
      if (stored === undefined) continue;
      const place = folder === undefined ? undefined : placeOf(stored, source);
      if (place) {
        checkSum(stored, await files.checkFinite(stored, place), source.checksum?.(stored), place.file);
        weights[name] = { dtype: "float32", shape, stored: place };
      } else {
        const data = new Float32Array(sizeOf(shape));
        await source.read(stored, data);
        checkFinite(stored, data);
        weights[name] = float32(shape, data);
      }
    }
  } finally {
    await files.close();
  }
  return weights;
}

/** Whether the bytes of all tensors are those that were written; false too where one has no checksum or no place in a file. */
export async function areWhole(source: TensorSource): Promise<boolean> {
  const files = new OpenFiles();
  try {
    for (const name of source.tensors.keys()) {
      const place = source.locate?.(name);
      if (place === undefined || (await files.sumOf(place)) !== source.checksum?.(name)) return false;
    }
    return true;
  } finally {
    await files.close();
  }
}

/** The same tensors, to be read into memory: for a file that may be replaced while the model is open. */
export const withoutPlaces = (source: TensorSource): TensorSource => ({ ...source, locate: () => undefined });

/** The place of a float32 tensor in its file; undefined for other dtypes. */
function placeOf(name: string, source: TensorSource): FilePlace | undefined {
  return source.tensors.get(name)?.dtype === "F32" ? source.locate?.(name) : undefined;
}

/** The folder of all tensors that can be mapped; undefined for several folders, since a graph can name only one. */
function mappedFolder(names: readonly string[], source: TensorSource): string | undefined {
  const folders = new Set(names.map((name) => placeOf(name, source)?.file.replace(/[^/\\]*$/, "")));
  folders.delete(undefined);
  return folders.size === 1 ? [...folders][0] : undefined;
}

class OpenFiles {
  readonly #files = new Map<string, FileHandle>();
  readonly #chunk = new Float32Array(CHUNK_BYTES / 4);

  /** @returns the CRC-32 of the bytes */
  checkFinite(name: string, place: FilePlace): Promise<number> {
    return this.sumOf(place, (numbers, at) => checkFinite(name, numbers, at));
  }

  /**
   * @param check looks at the numbers from `at` on, of a place of float32
   * @returns the CRC-32 of the bytes
   */
  async sumOf(
    { file, offset, length }: FilePlace,
    check?: (numbers: Float32Array, at: number) => void,
  ): Promise<number> {
    let crc = 0;
    let handle = this.#files.get(file);
    if (!handle) {
      handle = await open(file, "r");
      this.#files.set(file, handle);
    }
    for (let at = 0; at < length; at += CHUNK_BYTES) {
      const bytes = new Uint8Array(this.#chunk.buffer, 0, Math.min(CHUNK_BYTES, length - at));
      await handle.read(bytes, 0, bytes.byteLength, offset + at);
      crc = crc32(bytes, crc);
      check?.(this.#chunk.subarray(0, bytes.byteLength / 4), at / 4);
    }
    return crc;
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }
}
