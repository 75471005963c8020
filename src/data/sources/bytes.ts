/**
 * The bytes of a file, unpacked where it is gzip or zip, up to a limit that no honest file of texts reaches. Runs in a
 * browser.
 */
import { InputError } from "../../core/errors.ts";
import { counted, type RawFile } from "./raw-file.ts";
import { entryBytes, onlyEntry } from "./zip.ts";

export interface FileBytes {
  readonly name: string;
  /** How it is packed, and in an archive the name of the one file inside. */
  readonly packed?: { readonly as: "gz" } | { readonly as: "zip"; readonly entry: string } | undefined;
  readonly progress: { bytes: number; readonly totalBytes: number };
  /** The contents from the beginning; may be called several times. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** A part of the contents, where they are not packed. */
  readonly part?: RawFile["part"] | undefined;
}

/** A packed file may always unpack to this much, whatever its size. */
const freeBytes = 64 * 1024 * 1024;
/** Larger contents may be this many times the size of the packed file; texts are packed to a half or a twentieth. */
const mostPacked = 100;

/**
 * The contents of a file.
 * @param isData whether a file in a zip archive, given by its name, is a file of texts
 * @throws InputError `empty-file`, `unreadable-file`, and as {@link onlyEntry}
 */
export async function fileBytes(raw: RawFile, isData: (name: string) => boolean): Promise<FileBytes> {
  const { name, size } = raw;
  if (size === 0) throw emptyFile(name);
  const [a, b, c, d] = await raw.part(0, 4);
  const progress = { bytes: 0, totalBytes: size };
  if (a === 0x50 && b === 0x4b && c === 3 && d === 4) {
    const entry = await onlyEntry(raw, isData);
    if (entry.size === 0) throw emptyFile(`${name}: ${entry.name}`);
    if (entry.size > unpackedLimit(size)) throw tooLarge(name, size);
    return {
      name,
      packed: { as: "zip", entry: entry.name },
      progress,
      chunks: () => limited(entryBytes(raw, entry, counter(progress)), name, size),
    };
  }
  const all = () => counted(raw.pieces(0, size), counter(progress));
  if (a !== 0x1f || b !== 0x8b) return { name, progress, chunks: all, part: raw.part };
  return { name, packed: { as: "gz" }, progress, chunks: () => limited(gunzipped(raw, all()), name, size) };
}

export function emptyFile(file: string, found = "is empty"): InputError {
  return new InputError("empty-file", `${file} ${found}; give a file with at least a few texts.`, { file });
}

async function* gunzipped(raw: RawFile, packed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* raw.unpack(packed, "gzip");
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(
      "broken-gzip",
      `${raw.name} is not whole gzip data (${(cause as Error).message.replace(/\.$/, "")}); fetch or pack it again.`,
      { file: raw.name },
      cause,
    );
  }
}

const unpackedLimit = (packedBytes: number) => Math.max(freeBytes, mostPacked * packedBytes);

/** The same chunks, as long as they stay within what a file of this size may unpack to. */
async function* limited(
  chunks: AsyncGenerator<Uint8Array>,
  path: string,
  packedBytes: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > unpackedLimit(packedBytes)) throw tooLarge(path, packedBytes);
    yield chunk;
  }
}

function tooLarge(path: string, packedBytes: number): InputError {
  const limit = unpackedLimit(packedBytes);
  return new InputError(
    "unpacked-size",
    `${path} unpacks to more than ${Math.floor(limit / 2 ** 20)} MB, over ${mostPacked} times its size, as files made to ` +
      "fill a machine do; if you trust it, unpack it yourself and give what comes out.",
    { file: path, limit },
  );
}

/** Counts what is read of a file; a second reading begins again. */
function counter(progress: { bytes: number }): (bytes: number) => void {
  progress.bytes = 0;
  return (bytes) => {
    progress.bytes += bytes;
  };
}
