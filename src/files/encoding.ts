/**
 * How the bytes of a text file become text: by the mark at their beginning, else as UTF-8, never with replacements.
 * Runs in a browser.
 */
import { InputError } from "../core/errors.ts";
import { utf8Text } from "../core/utf8.ts";

/** A byte-order mark: the encoding that it names, and its length in bytes. */
export interface ByteOrderMark {
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be";
  readonly bytes: number;
}

/** The byte-order mark that `bytes` (three of them are enough) begin with. */
export function byteOrderMark(bytes: Uint8Array): ByteOrderMark | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: "utf-8", bytes: 3 };
  if (a === 0xff && b === 0xfe) return { encoding: "utf-16le", bytes: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: "utf-16be", bytes: 2 };
  return undefined;
}

/**
 * The text of a whole file: UTF-16 where its mark says so, else UTF-8; without the mark.
 * @throws InputError `utf-8` that names the line and the byte where the text is broken
 */
export function decodeText(bytes: Uint8Array, path: string): string {
  const mark = byteOrderMark(bytes);
  const content = bytes.subarray(mark?.bytes ?? 0);
  if (mark !== undefined && mark.encoding !== "utf-8") {
    try {
      return new TextDecoder(mark.encoding, { fatal: true, ignoreBOM: true }).decode(content);
    } catch (cause) {
      const name = mark.encoding.toUpperCase();
      throw new InputError(
        mark.encoding,
        `${path} begins as ${name} and does not go on so; save it as UTF-8.`,
        { file: path },
        cause,
      );
    }
  }
  const text = utf8Text(content);
  if (text !== undefined) return text;
  throw invalidUtf8(path, content, { advice: "save the file as UTF-8.", bytesBefore: mark?.bytes ?? 0 });
}

/**
 * The sentence for `bytes` that are not UTF-8: it names the line and the byte where they stop being so.
 * @param place what comes before `bytes` in the file, where they are a part of it
 */
export function invalidUtf8(
  file: string,
  bytes: Uint8Array,
  place: {
    readonly advice: string;
    readonly bytesBefore?: number | undefined;
    readonly linesBefore?: number | undefined;
  },
): InputError {
  const { advice, bytesBefore = 0, linesBefore = 0 } = place;
  const fault = utf8Fault(bytes);
  const line = linesBefore + lineEndsIn(bytes.subarray(0, fault)) + 1;
  const value = bytes[fault]?.toString(16).padStart(2, "0") ?? "";
  return new InputError(
    "utf-8",
    `${file}, line ${line}: byte ${bytesBefore + fault} (0x${value}) is not UTF-8; ${advice}`,
    { file, line, byte: bytesBefore + fault },
  );
}

/** The index of the byte where `bytes` stop being UTF-8. */
function utf8Fault(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  // The longest prefix that is UTF-8 up to an unfinished character ends where the fault is.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const prefix = bytes.subarray(0, middle);
    if (utf8Text(prefix.subarray(0, middle - openTail(prefix))) !== undefined) low = middle;
    else high = middle - 1;
  }
  return low - openTail(bytes.subarray(0, low));
}

/** How many line ends there are in `bytes`: `\n`, `\r\n` or `\r`, each counted once. */
export function lineEndsIn(bytes: Uint8Array): number {
  let n = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) n++;
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) if (bytes[at + 1] !== 10) n++;
  return n;
}

/** How many bytes at the end begin a character of UTF-8 that is not finished: 0 to 3. */
export function openTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < length ? back : 0;
    }
  }
  return 0;
}
