/**
 * Messages as JSON, for where they cannot be copied as they are: typed arrays, files, and numbers that JSON lacks, are
 * kept.
 */

/** Marks an object that stands for what JSON has no word for. */
const MARK = "$punchline";

const arrays = { Uint8Array, Int32Array, Uint32Array, Float32Array, Float64Array } as const;

/** Bytes that become letters in one call; a call takes no more arguments than some ten thousands. */
const PART = 1 << 14;

export function toWire(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "number" && !Number.isFinite(inner))
      return { [MARK]: "number", value: String(inner) };
    if (ArrayBuffer.isView(inner) && inner.constructor.name in arrays)
      return { [MARK]: inner.constructor.name, value: base64(inner) };
    return inner;
  });
}

/** The same for a request, in which there may be files. */
export const requestToWire = async (request: unknown): Promise<string> =>
  toWire((await withFilesRead(request)) ?? null);

/** The value with its files read. */
async function withFilesRead(value: unknown): Promise<unknown> {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (value instanceof Blob) {
    const bytes = new Uint8Array(await value.arrayBuffer());
    return { [MARK]: "File", name: value instanceof File ? value.name : "", value: base64(bytes) };
  }
  // Texts are most of a request, and none is a file.
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  if (Array.isArray(value)) return Promise.all(value.map(withFilesRead));
  const fields = Object.entries(value).map(async ([name, field]) => [name, await withFilesRead(field)]);
  return Object.fromEntries(await Promise.all(fields));
}

/** @throws SyntaxError for what is no JSON, or says that it is an array and is none */
export function fromWire(text: string): unknown {
  return JSON.parse(text, (_, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || !(MARK in inner)) return inner;
    const { [MARK]: kind, value, name } = inner as Record<string, unknown>;
    if (typeof value !== "string") throw new SyntaxError(`${MARK} without a value`);
    if (kind === "number") return Number(value);
    const Of = Object.entries(arrays).find(([name]) => name === kind)?.[1];
    const bytes = bytesOf(value);
    if (kind === "File") return new File([bytes], String(name));
    if (!Of || bytes.byteLength % Of.BYTES_PER_ELEMENT !== 0)
      throw new SyntaxError(`${MARK} of no known kind`);
    return new Of(bytes.buffer);
  });
}

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const parts: string[] = [];
  for (let at = 0; at < byteLength; at += PART)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + PART)));
  return btoa(parts.join(""));
}

function bytesOf(letters: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(letters);
  } catch {
    throw new SyntaxError(`${MARK} is not in base64`);
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
