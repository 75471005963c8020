/**
 * The layout of a token file. All numbers are little-endian.
 *
 *     magic "PLTOKENS", version, bits of a token      8 + 4 + 4 bytes
 *     tokens of train, validation, test               8, 16 or 32 bits each, every text with its end
 *     of each split, where its texts end              8 bytes a text, counted in tokens of the split
 *     of each split, the lengths of the prompts       4 bytes a text, where there are prompts
 *     checksums of the numbers above                  see checksums.ts; from version 2 on
 *     a description in JSON                           vocabulary, counts, how the texts were prepared
 *     footer                                          place, length and CRC-32 of the description; bytes in all; magic
 *
 * A file that was cut short has no footer at its end.
 */
import { crc32 } from "node:zlib";
import { InputError } from "../../core/errors.ts";
import { version as ownVersion } from "../../core/version.ts";
import type { TextCleaning } from "../../text/clean.ts";
import type { PreparedData } from "../prepare.ts";
import type { SplitName } from "../split.ts";
import type { DataSummary } from "../summary.ts";

const MAGIC = Buffer.from("PLTOKENS", "latin1");
const VERSION = 2;
const FIRST_WITH_CHECKSUMS = 2;
export const HEADER = 16;
const FOOTER = 40;

/** What the file says of itself. */
export interface Description {
  readonly punchline: string;
  readonly kind: PreparedData["kind"];
  readonly splits: Readonly<Record<SplitName, { readonly tokens: number; readonly items: number }>>;
  /** Whether the texts have prompts. */
  readonly prompts: boolean;
  /** The contents of the vocabulary's files, and its fingerprint. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly vocabulary: string;
  readonly cleaning: TextCleaning;
  readonly summary: DataSummary;
  /** Of the texts. */
  readonly fingerprint: string;
}

export type Bits = 8 | 16 | 32;

/** The narrowest width that holds every id of a vocabulary. */
export const bitsFor = (vocabulary: number): Bits =>
  vocabulary <= 0x100 ? 8 : vocabulary <= 0x1_0000 ? 16 : 32;

export function header(bits: Bits): Buffer {
  const bytes = Buffer.alloc(HEADER);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(bits, 12);
  return bytes;
}

/** The description and the footer. @param at where the description begins */
export function ending(description: Description, at: number): Buffer {
  const text = Buffer.from(JSON.stringify(description));
  const footer = Buffer.alloc(FOOTER);
  footer.writeDoubleLE(at, 0);
  footer.writeUInt32LE(text.length, 8);
  footer.writeUInt32LE(crc32(text), 12);
  footer.writeDoubleLE(at + text.length + FOOTER, 16);
  MAGIC.copy(footer, FOOTER - MAGIC.length);
  return Buffer.concat([text, footer]);
}

const textFile = (path: string): string => path.replace(/(\.[^./\\]+)?$/, ".txt");

/** Reads a few bytes of a file; fewer where it ends. */
export type ReadBytes = (at: number, length: number) => Buffer;

export interface Opened {
  readonly bits: Bits;
  readonly description: Description;
  /** Whether checksums are between the numbers and the description. */
  readonly hasChecksums: boolean;
  /** Where the description begins, and what is before it ends. */
  readonly at: number;
}

/**
 * @param size of the file in bytes
 * @throws InputError `not-tokens`, `tokens-version`, `tokens-cut` or `tokens`
 */
export function readDescription(path: string, size: number, read: ReadBytes): Opened {
  const head = read(0, HEADER);
  if (head.length < MAGIC.length || !head.subarray(0, MAGIC.length).equals(MAGIC))
    throw new InputError(
      "not-tokens",
      `${path} is not a token file; if it holds texts, give it a name that says so, such as ${textFile(path)}, and make one of them: "punchline data ${textFile(path)} --out ${path}".`,
      { path },
    );
  const found = head.length < HEADER ? undefined : head.readUInt32LE(8);
  if (found !== undefined && (found < 1 || found > VERSION))
    throw new InputError(
      "tokens-version",
      `${path} is a token file of version ${found}, and Punchline ${ownVersion} reads version ${VERSION} and earlier ones; make it again with this version, or use the one that made it.`,
      { path, version: found, expected: VERSION },
    );
  const footer = size < HEADER + FOOTER ? undefined : read(size - FOOTER, FOOTER);
  const isWhole =
    footer?.length === FOOTER &&
    footer.subarray(FOOTER - MAGIC.length).equals(MAGIC) &&
    footer.readDoubleLE(16) === size;
  if (!isWhole) throw cutShort(path);
  const [at, length] = [footer.readDoubleLE(0), footer.readUInt32LE(8)];
  if (at !== size - FOOTER - length || at < HEADER) throw damaged(path);
  const text = read(at, length);
  const bits = head.readUInt32LE(12);
  if (crc32(text) !== footer.readUInt32LE(12) || ![8, 16, 32].includes(bits)) throw damaged(path);
  const description = JSON.parse(text.toString()) as Description;
  return { bits: bits as Bits, description, hasChecksums: found! >= FIRST_WITH_CHECKSUMS, at };
}

export const cutShort = (path: string): InputError =>
  new InputError(
    "tokens-cut",
    `${path} is cut short: its end is missing; copy it again, or make it again from its source.`,
    { path },
  );

export const damaged = (path: string): InputError =>
  new InputError(
    "tokens",
    `${path} is damaged: what it says of itself does not fit its contents; copy it again, or make it again from its source.`,
    { path },
  );
