/**
 * Safetensors files on disk: tensors are read straight into the caller's memory, and files are written whole or not
 * at all.
 *
 * @example
 * await writeSafetensors("model.safetensors", [{ name: "w", dtype: "F32", shape: [2, 3], data }]);
 * const source = await openSafetensors("model.safetensors");
 * await source.read("w", new Float32Array(6));
 * await source.close();
 */

import { type FileHandle, open, realpath } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { InputError } from "../core/errors.ts";
import { checkName } from "../core/options.ts";
import { writeFileAtomic } from "../files/atomic.ts";
import { fileError } from "../files/file-errors.ts";
import { regularFile } from "../files/regular-file.ts";
import {
  headerLength,
  parseHeader,
  type SafetensorsHeader,
  safetensorsBytes,
  type TensorInfo,
} from "./safetensors.ts";
import { readChecksums, safetensorsParts, type TensorToWrite } from "./safetensors-checksums.ts";
import {
  checkSum,
  convertElements,
  directBytes,
  findTensor,
  type TensorMemory,
  type TensorSource,
} from "./tensor-source.ts";

/** Bytes per read call into the caller's memory. */
const READ_BYTES = 16 << 20;
/** Bytes of the buffer in which 16- and 64-bit numbers are converted. */
const CONVERT_BYTES = 1 << 20;

/**
 * Opens a file and checks its header. Close the source when done.
 * @param where the file's name in errors
 * @throws InputError of `parseHeader` or of the file system
 */
export async function openSafetensors(path: string, where = path): Promise<TensorSource> {
  await regularFile(path);
  const file = await open(path, "r").catch((cause: unknown) => {
    throw fileError("read", where, cause);
  });
  try {
    const header = await readHeader(file, where);
    const real = await realpath(path);
    const { metadata, checksums } = readChecksums(header.metadata, where, crc32);
    return {
      tensors: header.tensors,
      metadata,
      async read(name, into) {
        const crc = await readTensor(file, findTensor(header.tensors, name, into, where), into, where);
        checkSum(name, crc, checksums[name], where);
      },
      checksum: (name) => checksums[name],
      locate(name) {
        const tensor = header.tensors.get(name);
        return tensor && { file: real, offset: tensor.begin, length: tensor.end - tensor.begin };
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeader(file: FileHandle, where: string): Promise<SafetensorsHeader> {
  const { size } = await file.stat();
  const head = new Uint8Array(Math.min(64, size));
  await readFully(file, head, 0, where);
  const json = new Uint8Array(headerLength(head, size, where));
  await readFully(file, json, 8, where);
  return parseHeader(json, size, where);
}

async function readTensor(
  file: FileHandle,
  { dtype, begin, end }: TensorInfo,
  into: TensorMemory,
  where: string,
): Promise<number> {
  const direct = directBytes(dtype, into);
  if (direct) {
    await readFully(file, direct, begin, where);
    return crc32(direct);
  }
  let crc = 0;
  const scratch = new Uint8Array(Math.min(CONVERT_BYTES, end - begin));
  const width = safetensorsBytes[dtype];
  for (let at = begin; at < end; at += scratch.byteLength) {
    const part = scratch.subarray(0, Math.min(scratch.byteLength, end - at));
    await readFully(file, part, at, where);
    const first = (at - begin) / width;
    convertElements(dtype, part, into.subarray(first, first + part.byteLength / width));
    crc = crc32(part, crc);
  }
  return crc;
}

async function readFully(file: FileHandle, into: Uint8Array, position: number, where: string): Promise<void> {
  for (let at = 0; at < into.byteLength; ) {
    const length = Math.min(READ_BYTES, into.byteLength - at);
    const { bytesRead } = await file.read(into, at, length, position + at).catch((cause: unknown) => {
      throw fileError("read", where, cause);
    });
    if (bytesRead === 0) {
      throw new InputError("safetensors-header", `${where} became shorter while it was read; try again.`);
    }
    at += bytesRead;
  }
}

/**
 * Writes `tensors` to one file, atomically.
 * @throws InputError for a tensor that the format cannot hold, and where the file cannot be written
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  checkName(path, "path");
  await writeFileAtomic(path, safetensorsParts(tensors, metadata, crc32));
}
