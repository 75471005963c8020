/**
 * A fetch that neither waits nor reads without end: a server that falls silent is given up, also in the middle
 * of an answer, and an answer may have only so many bytes.
 */
import { InputError } from "../core/errors.ts";

export interface FetchLimits {
  /** Milliseconds without a byte. */
  readonly idleMs: number;
  /** Milliseconds for an answer in all; default: none, for files may take hours. */
  readonly wholeMs?: number;
  /** Bytes of an answer. */
  readonly maxBytes: number;
  /** What the sentence calls the server. */
  readonly server: string;
}

/** @throws InputError `answer-too-long` while the body is read; whatever else fetch throws */
export function limitedFetch({
  idleMs,
  wholeMs = Number.POSITIVE_INFINITY,
  maxBytes,
  server,
}: FetchLimits): typeof fetch {
  return async (input, init) => {
    const silent = new AbortController();
    const end = performance.now() + wholeMs;
    const given = init?.signal;
    const signal = given ? AbortSignal.any([given, silent.signal]) : silent.signal;
    /** Waits for `work`, and no longer than it may be silent. */
    const soon = async <T>(work: Promise<T>): Promise<T> => {
      const left = end - performance.now();
      const reason =
        left < idleMs
          ? `it did not end within ${wholeMs / 1000} seconds`
          : `nothing came for ${idleMs / 1000} seconds`;
      const timer = setTimeout(() => silent.abort(new Error(reason)), Math.min(idleMs, Math.max(0, left)));
      return work.finally(() => clearTimeout(timer));
    };
    const response = await soon(fetch(input, { ...init, signal }));
    const reader = response.body?.getReader();
    if (!reader) return response;
    let bytes = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await soon(reader.read());
          if (done) return controller.close();
          bytes += value.byteLength;
          if (bytes > maxBytes) {
            await reader.cancel();
            throw new InputError(
              "answer-too-long",
              `${server} sent more than ${Math.round(maxBytes / 1e6)} MB, which cannot be right; nothing of it was kept.`,
            );
          }
          controller.enqueue(value);
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  };
}
