/**
 * The text of a file in pieces: by the mark at its beginning, else in the given encoding, else it has to be
 * UTF-8 already. What cannot be decoded is an error that names its place, never a replacement character. Runs in a
 * browser.
 */
import { InputError, UsageError } from "../../core/errors.ts";
import { option } from "../../core/options.ts";
import { joinBytes, utf8Text } from "../../core/utf8.ts";
import { byteOrderMark, invalidUtf8, lineEndsIn, openTail } from "../../files/encoding.ts";
import type { FileBytes } from "./bytes.ts";

export interface DecodeOptions {
  /** For files without a mark: a name of the Encoding Standard, such as `windows-1252`. Default `utf-8`. */
  readonly encoding?: string | undefined;
  /** Called with the encoding that is read, before the first chunk. */
  readonly onEncoding?: ((name: string) => void) | undefined;
}

const carriageReturn = 13;

/** V8's longest string. */
const longestString = 0x1fffffe8;

/**
 * The pieces of a text file, each ending between characters and line ends, without a byte-order mark.
 * @throws InputError `binary-file`, `utf-8` or `encoding`; UsageError for an unknown encoding
 */
export async function* textChunks(file: FileBytes, options: DecodeOptions = {}): AsyncGenerator<string> {
  const asked = encodingName(options.encoding);
  let decode: Decoder | undefined;
  let held: Uint8Array = new Uint8Array(0);
  for await (const chunk of file.chunks()) {
    held = held.length === 0 ? chunk : joinBytes([held, chunk]);
    // A mark has up to three bytes.
    if (!decode && held.length < 4) continue;
    if (!decode) {
      decode = decoderOf(file.name, held, asked, options);
      held = held.subarray(byteOrderMark(held)?.bytes ?? 0);
    }
    const text = decode(held, false);
    held = new Uint8Array(0);
    if (text.length > 0) yield text;
  }
  if (!decode) {
    decode = decoderOf(file.name, held, asked, options);
    held = held.subarray(byteOrderMark(held)?.bytes ?? 0);
  }
  const text = decode(held, true);
  if (text.length > 0) yield text;
}

/** The text at the beginning of a file: its first piece, and whether that is all of it. */
export async function headOf(
  file: FileBytes,
  options: DecodeOptions = {},
): Promise<{ readonly head: string; readonly whole: boolean }> {
  let head: string | undefined;
  for await (const chunk of textChunks(file, options)) {
    if (head !== undefined) return { head, whole: false };
    head = chunk;
  }
  return { head: head ?? "", whole: true };
}

/** The whole file as one string, for formats that cannot be read in pieces. */
export async function wholeText(
  file: FileBytes,
  { instead, ...options }: DecodeOptions & { readonly instead: string },
): Promise<string> {
  const parts: string[] = [];
  let length = 0;
  for await (const part of textChunks(file, options)) {
    length += part.length;
    checkLength(file.name, length, instead);
    parts.push(part);
  }
  return parts.join("");
}

/** @throws InputError `file-size` where so many characters do not fit into one string */
export function checkLength(file: string, length: number, instead: string): void {
  if (length <= longestString) return;
  throw new InputError(
    "file-size",
    `${file} has more than ${longestString} characters, which do not fit into one piece of memory; ${instead}`,
    { file, limit: longestString },
  );
}

/**
 * The text of some bytes. A character that a cut left open, and a carriage return that may begin a line end of two
 * characters, are held until the next bytes come, or `last` says that none will.
 */
type Decoder = (bytes: Uint8Array, last: boolean) => string;

function decoderOf(name: string, start: Uint8Array, asked: string, options: DecodeOptions): Decoder {
  const encoding = byteOrderMark(start)?.encoding ?? asked;
  options.onEncoding?.(encoding);
  return encoding === "utf-8"
    ? utf8Checker(name, byteOrderMark(start)?.bytes ?? 0)
    : transcoder(name, encoding);
}

function utf8Checker(name: string, markBytes: number): Decoder {
  let held: Uint8Array = new Uint8Array(0);
  let position = markBytes;
  let lines = 0;
  return (bytes, last) => {
    const joined = held.length === 0 ? bytes : joinBytes([held, bytes]);
    const end = joined.length - openTail(joined);
    const whole = last ? joined.length : joined[end - 1] === carriageReturn ? end - 1 : end;
    held = joined.subarray(whole);
    const content = joined.subarray(0, whole);
    refuseBinary(name, content, position, lines);
    const text = utf8Text(content);
    if (text === undefined) {
      throw invalidUtf8(name, content, {
        advice: `give its encoding, such as ${option("encoding", "windows-1252")} for a file of an older Windows program, or save it as UTF-8.`,
        bytesBefore: position,
        linesBefore: lines,
      });
    }
    position += content.length;
    lines += lineEndsIn(content);
    return text;
  };
}

function transcoder(name: string, encoding: string): Decoder {
  const decoder =
    encoding === "windows-1252" ? undefined : new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  let lines = 0;
  let held = "";
  return (bytes, last) => {
    let text: string;
    try {
      text = held + (decoder ? decoder.decode(bytes, { stream: !last }) : windows1252(bytes));
      held = !last && text.endsWith("\r") ? "\r" : "";
      text = text.slice(0, text.length - held.length);
    } catch (cause) {
      throw new InputError(
        "encoding",
        `${name} is not ${encoding.toUpperCase()} after line ${lines + 1}; give another ${option("encoding")}, or save it as UTF-8.`,
        { file: name, line: lines + 1, encoding },
        cause,
      );
    }
    const zero = text.indexOf("\0");
    if (zero >= 0) {
      const line = lines + lineEndsOf(text.slice(0, zero)) + 1;
      throw new InputError(
        "binary-file",
        `${name} is not a text file in ${encoding.toUpperCase()} (a zero character in line ${line}); give its encoding with ${option("encoding")}.`,
        { file: name, line },
      );
    }
    lines += lineEndsOf(text);
    return text;
  };
}

/** The characters of windows-1252 from 0x80 to 0x9f; some versions of Node read these bytes as Latin-1. */
const from80 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** The bytes from 0x80 to 0x9f are all that differs from Latin-1. */
function windows1252(bytes: Uint8Array): string {
  const parts: string[] = [];
  // A call takes so many arguments everywhere.
  for (let at = 0; at < bytes.length; at += 8192)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return parts.join("").replace(/[\x80-\x9f]/g, (c) => from80[c.charCodeAt(0) - 0x80]!);
}

/** The same in a text as `lineEndsIn` counts in its bytes. */
const lineEndsOf = (text: string): number => text.match(/\r\n|\n|\r/g)?.length ?? 0;

/** The Encoding Standard's name of an encoding. */
export function encodingName(label = "utf-8"): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new UsageError(
      `There is no encoding ${JSON.stringify(label)}; known are utf-8, utf-16le, utf-16be, windows-1252 (Western Europe), ` +
        "windows-1250, windows-1251, iso-8859-2, koi8-r, shift_jis, euc-jp, gb18030, big5, euc-kr and the Encoding Standard's others.",
      { option: "encoding", value: label },
    );
  }
}

function refuseBinary(name: string, text: Uint8Array, position: number, linesBefore: number): void {
  const zero = text.indexOf(0);
  if (zero < 0) return;
  const line = linesBefore + lineEndsIn(text.subarray(0, zero)) + 1;
  throw new InputError(
    "binary-file",
    `${name} is not a text file (byte ${position + zero} is zero); ${utf16Advice(text, line)}`,
    { file: name, byte: position + zero, line },
  );
}

/** Every other byte of Western text in UTF-16 is zero. */
function utf16Advice(text: Uint8Array, line: number): string {
  const zeros = [0, 0];
  const looked = Math.min(text.length, 1024);
  for (let at = 0; at < looked; at++) if (text[at] === 0) zeros[at % 2]!++;
  const [even = 0, odd = 0] = zeros;
  if (Math.max(even, odd) < looked / 4 || Math.min(even, odd) > looked / 16)
    return `look at line ${line}, and give text in UTF-8 or name its encoding with ${option("encoding")}.`;
  return `it looks like UTF-16: give ${option("encoding", odd > even ? "utf-16le" : "utf-16be")}.`;
}
