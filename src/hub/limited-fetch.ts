/**
 * A fetch with limits: it gives up on a server that falls silent, in the middle of a response too, and on a
 * response with too many bytes.
 */
import { InputError } from "../core/errors.ts";

export interface FetchLimits {
  /** Milliseconds without a byte. */
  readonly idleMs: number;
  /** Milliseconds for a whole response; default: no limit, since files may take hours. */
  readonly wholeMs?: number | undefined;
  /** Bytes of a response. */
  readonly maxBytes: number;
  /** The server's name in errors. */
  readonly server: string;
}

/** @throws InputError `answer-too-long` while the body is read, and what fetch throws */
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
    /** Waits for `work` within the limits of silence and of the whole response. */
    const withinLimits = async <T>(work: Promise<T>): Promise<T> => {
      const left = end - performance.now();
      const reason =
        left < idleMs
          ? `it did not end within ${wholeMs / 1000} seconds`
          : `nothing came for ${idleMs / 1000} seconds`;
      const timer = setTimeout(() => silent.abort(new Error(reason)), Math.min(idleMs, Math.max(0, left)));
      return work.finally(() => clearTimeout(timer));
    };
    const response = await withinLimits(fetch(input, { ...init, signal }));
    const reader = response.body?.getReader();
    if (!reader) return response;
    let bytes = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await withinLimits(reader.read());
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
