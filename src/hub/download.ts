/**
 * Downloads one file from the Hub into the cache's blobs: resumed where it was cut, checked against its hash, and
 * renamed to its final name only when it is complete.
 *
 * Downloads of @huggingface/hub start again after a cut and check no hashes, so this fetches the bytes by plain
 * HTTP ranges, which the Hub serves for all its kinds of storage.
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError } from "../core/errors.ts";
import { excerpt } from "../core/printable.ts";
import { syncFolder, writeAll } from "../files/atomic.ts";
import { fileError, systemCode } from "../files/file-errors.ts";
import { makeFolder } from "../files/make-folder.ts";
import { pause, RETRIES } from "./api.ts";

export interface BlobRequest {
  readonly url: string;
  /** Final path; the file is `path.incomplete` until it is complete. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the content (64 hex digits) or git's SHA-1 of it (40). */
  readonly etag: string;
  readonly fetch: typeof fetch;
  readonly retryDelayMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes received so far, those of earlier tries included. */
  readonly onProgress?: ((received: number) => void) | undefined;
}

/**
 * Fetches one blob.
 *
 * @throws InputError `hub-cut` where the connection is cut again and again (the next call resumes from there),
 * `hub-checksum` where the content does not have the announced hash, `disk-full` and other file errors.
 */
export async function downloadBlob(request: BlobRequest): Promise<void> {
  const partial = `${request.path}.incomplete`;
  try {
    await makeFolder(dirname(request.path));
    for (let attempt = 0; ; attempt++) {
      if (await fill(partial, request)) break;
      await rm(partial, { force: true });
      if (attempt === 1) throw wrongContent(request);
    }
    await rename(partial, request.path);
    await syncFolder(dirname(request.path));
  } catch (cause) {
    if (systemCode(cause) === "ENOSPC" || systemCode(cause) === "EDQUOT") await rm(partial, { force: true });
    throw systemCode(cause) && !(cause instanceof InputError)
      ? fileError("write", request.path, cause)
      : cause;
  }
}

/** Completes the partial file; returns whether its content has the right hash. */
async function fill(partial: string, request: BlobRequest): Promise<boolean> {
  const { size, etag } = request;
  const file = await open(partial, "a+");
  try {
    let received = (await file.stat()).size;
    if (received > size) {
      await file.truncate(0);
      received = 0;
    }
    const state: Transfer = { file, received, hash: await hashOf(partial, received, request) };
    request.onProgress?.(state.received);
    for (let failures = 0; state.received < size; ) {
      const before = state.received;
      await requireSpace(request.path, size - before);
      const cause = await receive(state, request);
      if (state.received > size) return false;
      if (state.received === size) break;
      failures = state.received > before ? 0 : failures + 1;
      if (failures > RETRIES) throw cut(request, state.received, cause);
      await pause(request.retryDelayMs * 2 ** failures, request.signal);
    }
    await file.sync();
    return state.hash.digest("hex") === etag;
  } finally {
    await file.close();
  }
}

interface Transfer {
  readonly file: FileHandle;
  received: number;
  hash: Hash;
}

/** Requests the missing bytes once. Returns why that ended early, or undefined. */
async function receive(state: Transfer, request: BlobRequest): Promise<unknown> {
  const from = state.received;
  const headers = { "accept-encoding": "identity", ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
  const response = await request.fetch(request.url, { headers });
  const resumed =
    response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${from}-`);
  if (from > 0 && !resumed) {
    await state.file.truncate(0);
    state.received = 0;
    state.hash = newHash(request);
    if (response.status !== 200) {
      await response.body?.cancel();
      return new Error(`the server answered ${response.status} to a range`);
    }
  }
  const body = response.body?.getReader();
  if (!body) return new Error("the answer is empty");
  for (;;) {
    const read = await body.read().catch((cause: unknown) => ({ cause }));
    if ("cause" in read) {
      request.signal?.throwIfAborted();
      return read.cause;
    }
    if (read.done) return undefined;
    await writeAll(state.file, read.value);
    state.hash.update(read.value);
    state.received += read.value.byteLength;
    request.onProgress?.(Math.min(state.received, request.size));
    if (state.received > request.size) {
      await body.cancel();
      return undefined;
    }
  }
}

function newHash({ etag, size }: BlobRequest): Hash {
  return etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}

async function hashOf(path: string, length: number, request: BlobRequest): Promise<Hash> {
  const hash = newHash(request);
  if (length > 0) for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash;
}

/** @throws InputError `disk-full` where fewer than `bytes` are free */
async function requireSpace(path: string, bytes: number): Promise<void> {
  const disk = await statfs(dirname(path)).catch(() => undefined);
  if (!disk) return; // the system does not report it
  const { bavail, bsize } = disk;
  if (bavail * bsize >= bytes) return;
  const mb = (n: number) => `${Math.round(n / 1e6)} MB`;
  throw new InputError(
    "disk-full",
    `Cannot download to ${dirname(path)}: ${mb(bytes)} are needed and ${mb(bavail * bsize)} are free; free some space or set HF_HOME to another disk.`,
    { path, needed: bytes, free: bavail * bsize },
  );
}

function cut({ url, size }: BlobRequest, received: number, cause: unknown): InputError {
  return new InputError(
    "hub-cut",
    `The download of ${excerpt(url, 300)} was cut at ${received} of ${size} bytes, again and again; run the command again to go on from there.`,
    { url, received, size },
    cause,
  );
}

function wrongContent({ url, etag }: BlobRequest): InputError {
  return new InputError(
    "hub-checksum",
    `What ${excerpt(url, 300)} delivers has not the checksum ${etag} that the Hub announces; nothing was kept, so try again or check for a proxy that alters files.`,
    { url, etag },
  );
}
