/**
 * Token streams on disk. Little-endian: eight bytes of magic, then as 32-bit integers the version, bytes per
 * id (1, 2 or 4), number of ids, number of items and the id that ends an item; then the ids, padded to a
 * multiple of four bytes; then items + 1 offsets.
 */
import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { InputError } from "../core/errors.ts";
import { guarded } from "../files/file-errors.ts";
import type { TokenStream } from "./tokens.ts";

const magic = "PUNCHTOK";
const version = 1;
const headerBytes = 28;

/** Writes `stream` beside `path` and renames it, so that a reader never meets half a file. */
export async function writeTokenFile(path: string, stream: TokenStream): Promise<void> {
  const { tokens, offsets, endOfText } = stream;
  const header = Buffer.alloc(headerBytes);
  header.write(magic, "latin1");
  const numbers = [version, tokens.BYTES_PER_ELEMENT, tokens.length, offsets.length - 1, endOfText];
  for (const [i, value] of numbers.entries()) header.writeUInt32LE(value, 8 + 4 * i);
  const padding = Buffer.alloc(paddingOf(tokens.byteLength));
  const temporary = `${path}.partial`;
  await guarded(
    "write",
    path,
    writeFile(temporary, [header, bytesOf(tokens), padding, bytesOf(offsets)]).then(() =>
      rename(temporary, path),
    ),
  );
}

/**
 * Reads a token file; the arrays are views of one buffer.
 * @throws InputError `token-file` where the file is not one, is of a later version, or is cut short.
 */
export function readTokenFile(path: string): TokenStream {
  const file = readFileSync(path);
  const refuse = (reason: string) => new InputError("token-file", `${path} ${reason}`, { file: path });
  if (file.length < headerBytes || file.toString("latin1", 0, 8) !== magic) {
    throw refuse("is not a Punchline token file; write it again from its source.");
  }
  const [found, width, count, items, endOfText] = [8, 12, 16, 20, 24].map((at) => file.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (found !== version) {
    throw refuse(
      `is a token file of version ${found} and this is a reader of version ${version}; write it again.`,
    );
  }
  const tokenBytes = width * count;
  const expected = headerBytes + tokenBytes + paddingOf(tokenBytes) + 4 * (items + 1);
  if (file.length !== expected || ![1, 2, 4].includes(width)) {
    throw refuse(`has ${file.length} bytes where its header says ${expected}; write it again.`);
  }
  // A pooled or odd start would not fit the wider arrays.
  const buffer = file.byteOffset % 4 === 0 ? file : Buffer.from(new Uint8Array(file));
  const at = buffer.byteOffset + headerBytes;
  const ids = { 1: Uint8Array, 2: Uint16Array, 4: Int32Array }[width as 1 | 2 | 4];
  return {
    tokens: new ids(buffer.buffer, at, count),
    offsets: new Int32Array(buffer.buffer, at + tokenBytes + paddingOf(tokenBytes), items + 1),
    endOfText,
  };
}

const paddingOf = (bytes: number) => (4 - (bytes % 4)) % 4;
const bytesOf = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
