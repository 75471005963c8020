/**
 * Headers of the safetensors format (github.com/huggingface/safetensors, "Format"): parsed and checked in full
 * before any tensor is read, or built for tensors to write. Runs in a browser.
 *
 * Layout: the header's length (8 bytes, little-endian), the header (JSON), the tensors without gaps.
 */
import { sizeOf } from "../core/array.ts";
import { InputError } from "../core/errors.ts";
import { parseJsonText } from "../core/json.ts";

/** The weights of a model's folder, where they are in one file. */
export const WEIGHTS_FILE = "model.safetensors";

/** Bytes of one element of each supported dtype. */
export const safetensorsBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type SafetensorsDType = keyof typeof safetensorsBytes;

export interface TensorInfo {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Offset of the tensor's first byte in the file. */
  readonly begin: number;
  /** Offset of the byte after its last. */
  readonly end: number;
  /** Whether an adapter is merged into it, so that a model has to read it. */
  readonly adapted?: boolean | undefined;
}

export interface SafetensorsHeader {
  /** By name, in the file's order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The limit of the reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;

/**
 * The length of the header.
 *
 * @param head the file's first bytes, at least 8 of them if it has so many
 * @throws InputError `safetensors-header`, which says what the file seems to be instead, or why that length is
 * impossible.
 */
export function headerLength(head: Uint8Array, fileSize: number, where: string): number {
  const other = otherFormat(head);
  if (other) throw bad(where, `it is ${other}, not a safetensors file`);
  if (fileSize < 8 || head.byteLength < 8) {
    throw bad(where, `it is only ${fileSize} bytes long, so it was cut short; download or save it again`);
  }
  const length = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) {
    throw bad(
      where,
      `its header claims ${length} bytes, over the ${MAX_HEADER_BYTES} that the format allows`,
    );
  }
  if (length > fileSize - 8) {
    throw bad(where, `its header claims ${length} bytes but the file has ${fileSize}; it was cut short`);
  }
  return length;
}

/**
 * Parses and checks the header's JSON. `fileSize` is in bytes; `where` is the file's name in errors.
 *
 * @throws InputError `safetensors-header` for anything that the format forbids: invalid JSON, a duplicate name, an
 * unknown dtype, an invalid shape, offsets that overlap, leave gaps or exceed the file.
 */
export function parseHeader(json: Uint8Array, fileSize: number, where: string): SafetensorsHeader {
  const entries = parseEntries(json, where);
  const dataStart = 8 + json.byteLength;
  let metadata: Record<string, string> = {};
  const tensors: TensorInfo[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (name === "__metadata__") metadata = parseMetadata(entry, where);
    else tensors.push(parseTensor(name, entry, dataStart, where));
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(tensors, dataStart, fileSize, where);
  return { tensors: new Map(tensors.map((t) => [t.name, t])), metadata };
}

export interface TensorSpec {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
}

/**
 * Lays out a file for `specs`: its head, and the place of each tensor. Tensors keep their order, except that those
 * with wider elements come first, since the format aligns each tensor; the data starts at a multiple of 8.
 */
export function layoutTensors(
  specs: readonly TensorSpec[],
  metadata: Readonly<Record<string, string>> = {},
): { head: Uint8Array<ArrayBuffer>; tensors: TensorInfo[]; fileSize: number } {
  const ordered = [...specs].sort((a, b) => safetensorsBytes[b.dtype] - safetensorsBytes[a.dtype]);
  let at = 0;
  const entries: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } };
  const placed = ordered.map((spec) => {
    if (Object.hasOwn(entries, spec.name)) {
      throw new InputError(
        "safetensors-header",
        `Cannot write two tensors named "${spec.name}"; rename one.`,
      );
    }
    const begin = at;
    at += sizeOf(spec.shape) * safetensorsBytes[spec.dtype];
    entries[spec.name] = { dtype: spec.dtype, shape: spec.shape, data_offsets: [begin, at] };
    return { ...spec, begin, end: at };
  });
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const dataStart = Math.ceil((8 + json.byteLength) / 8) * 8;
  const head = new Uint8Array(dataStart).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  head.set(json, 8);
  return {
    head,
    tensors: placed.map((t) => ({ ...t, begin: t.begin + dataStart, end: t.end + dataStart })),
    fileSize: dataStart + at,
  };
}

function parseEntries(json: Uint8Array, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJsonText(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "";
    const twice = /^it has the key (.*) twice$/.exec(reason);
    if (twice) throw bad(where, `tensor ${twice[1]} appears twice in its header`);
    throw bad(where, "its header is not JSON; it is damaged or not a safetensors file");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad(where, "its header is not a JSON object");
  }
  return value as Record<string, unknown>;
}

function parseMetadata(entry: unknown, where: string): Record<string, string> {
  if (typeof entry !== "object" || entry === null) throw bad(where, "its __metadata__ is not an object");
  for (const value of Object.values(entry)) {
    if (typeof value !== "string") throw bad(where, "its __metadata__ holds a value that is not text");
  }
  return entry as Record<string, string>;
}

function parseTensor(name: string, entry: unknown, dataStart: number, where: string): TensorInfo {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !Object.hasOwn(safetensorsBytes, dtype)) {
    const known = Object.keys(safetensorsBytes).join(", ");
    throw bad(where, `tensor "${name}" has the unknown dtype ${JSON.stringify(dtype)} (known are ${known})`);
  }
  if (!isCounts(shape)) throw bad(where, `tensor "${name}" has no valid shape: ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[1]! < offsets[0]!) {
    throw bad(where, `tensor "${name}" has no valid data_offsets: ${JSON.stringify(offsets)}`);
  }
  const needed = sizeOf(shape) * safetensorsBytes[dtype as SafetensorsDType];
  const held = offsets[1]! - offsets[0]!;
  if (needed !== held) {
    throw bad(
      where,
      `tensor "${name}", ${dtype} [${shape.join(", ")}], needs ${needed} bytes but has ${held}`,
    );
  }
  return {
    name,
    dtype: dtype as SafetensorsDType,
    shape,
    begin: dataStart + offsets[0]!,
    end: dataStart + offsets[1]!,
  };
}

function checkLayout(tensors: TensorInfo[], dataStart: number, fileSize: number, where: string): void {
  let at = dataStart;
  let before = "the header";
  for (const { name, begin, end } of tensors) {
    if (end > fileSize) {
      throw bad(
        where,
        `tensor "${name}" ends at byte ${end} but the file has ${fileSize}; it was cut short, so download or save it again`,
      );
    }
    if (begin < at) throw bad(where, `tensors ${before} and "${name}" overlap`);
    if (begin > at) throw bad(where, `there is a gap of ${begin - at} bytes before tensor "${name}"`);
    at = end;
    before = `"${name}"`;
  }
  if (at !== fileSize) throw bad(where, `${fileSize - at} bytes follow its last tensor that belong to none`);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** The kind of file, if it begins like one that people confuse with safetensors. */
function otherFormat(head: Uint8Array): string | undefined {
  const text = String.fromCharCode(...head.subarray(0, 64));
  // After the length comes JSON; the length itself may look like the beginning of other files.
  if (text[8] === "{") return undefined;
  if (text.startsWith("version https://git-lfs")) {
    return 'a Git LFS pointer (run "git lfs pull" to get the real file)';
  }
  if (text.startsWith("PK\x03\x04") || (head[0] === 0x80 && (head[1] ?? 9) <= 5)) return "a PyTorch pickle";
  if (text.startsWith("GGUF")) return "a GGUF file";
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) return "a web page, perhaps the error page of a download";
  return undefined;
}

function bad(where: string, reason: string): InputError {
  return new InputError("safetensors-header", `Cannot read ${where}: ${reason}.`, { file: where });
}
