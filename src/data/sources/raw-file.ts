/** What a platform, Node or a browser, brings to read a file. */

/** A file as a platform has it, and how the platform unpacks. */
export interface RawFile {
  readonly name: string;
  readonly size: number;
  /** The bytes from `start` up to `end`, in pieces. @throws InputError `unreadable-file` */
  pieces(start: number, end: number): AsyncGenerator<Uint8Array>;
  /** The same in one piece, which is shorter where the file ends before `end`. */
  part(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** What was packed. Throws where that is not whole or is followed by something else in its last piece. */
  unpack(packed: AsyncGenerator<Uint8Array>, format: "gzip" | "deflate-raw"): AsyncGenerator<Uint8Array>;
  /** CRC-32, of bytes that follow those with the sum `before`. */
  crc32(bytes: Uint8Array, before: number): number;
}

/** The same pieces, each counted as it comes. */
export async function* counted(
  pieces: AsyncGenerator<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}
