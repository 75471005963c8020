/** Answers sent piece by piece, as server-sent events (WHATWG HTML, 9.2). */
import type { ServerResponse } from "node:http";
import { answerOf } from "./errors.ts";
import { movement, unlessMoved } from "./standing-still.ts";

/**
 * Takes an object, or a line of text; resolves when there is room for more, so that a slow client slows the work down.
 * @param more whether the line goes on with the next call. Default: false
 */
export type Send = (message: object | string, more?: boolean) => Promise<void>;

export interface EventStreamOptions {
  /** Sends the events. Its signal aborts when the client goes away. */
  readonly work: (send: Send, signal: AbortSignal) => Promise<void>;
  /** Of the request itself. */
  readonly signal: AbortSignal;
  /** Called with errors that are no fault of the request. */
  readonly report: (error: unknown) => void;
  /** Milliseconds to wait for a client that does not read. */
  readonly stallMs: number;
  /** The connection, closed when the client has read nothing for `stallMs`. */
  readonly outgoing: Outgoing;
}

export type Outgoing = Pick<ServerResponse, "destroy" | "setTimeout" | "socket">;

/** Bytes that may wait for the client to read them. */
const ROOM = 1 << 16;

/**
 * An answer of events that ends with `[DONE]` or with an error. Rejects with an error that comes before the
 * first event, so that the answer gets the error's status.
 */
export function eventStream({
  work,
  signal,
  report,
  stallMs,
  outgoing,
}: EventStreamOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const gone = new AbortController();
    const encoder = new TextEncoder();
    const waiting = new Set<() => void>();
    const wake = () => {
      for (const resume of waiting) resume();
    };
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>(
      {
        start(given) {
          controller = given;
        },
        pull: wake,
        cancel() {
          gone.abort();
          wake();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: ROOM }),
    );
    const stall = () => {
      gone.abort();
      outgoing.destroy();
      wake();
    };
    signal.addEventListener("abort", wake, { once: true });
    const whenRead = () =>
      new Promise<void>((resume) => {
        const timer = setTimeout(() => unlessMoved(() => !waiting.has(done), stall), stallMs);
        const done = () => {
          clearTimeout(timer);
          waiting.delete(done);
          resume();
        };
        waiting.add(done);
      });
    let inLine = false;
    const write = async (data: string, more = false) => {
      if (gone.signal.aborted) return;
      controller.enqueue(encoder.encode(`${inLine ? "" : "data: "}${data}${more ? "" : "\n\n"}`));
      inLine = more;
      if ((controller.desiredSize ?? 0) <= 0) await whenRead();
    };
    let begun = false;
    const begin = () => {
      if (begun) return;
      begun = true;
      const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };
      resolve(new Response(body, { headers }));
    };
    const send: Send = (message, more) => {
      begin();
      return write(typeof message === "string" ? message : JSON.stringify(message), more);
    };
    work(send, AbortSignal.any([signal, gone.signal]))
      .then(() => {
        begin();
        return write("[DONE]");
      })
      .catch(async (error: unknown) => {
        if (!begun) return void reject(error);
        if (gone.signal.aborted) return;
        const { body, unexpected } = answerOf(signal.aborted ? signal.reason : error);
        if (unexpected && !signal.aborted) report(error);
        if (inLine) await write("");
        return write(JSON.stringify(body));
      })
      .finally(() => {
        // Node keeps a signal of several as long as somebody listens to it, and all that the listener knows with it.
        signal.removeEventListener("abort", wake);
        if (!begun || gone.signal.aborted) return;
        controller.close();
        endWithin(stallMs, outgoing);
      });
  });
}

/** Closes the connection when the client reads nothing for `stallMs` while there is something to send. */
export function endWithin(stallMs: number, outgoing: Outgoing): void {
  outgoing.setTimeout(stallMs, () => {
    const { socket } = outgoing;
    unlessMoved(socket ? movement(socket) : () => false, () => outgoing.destroy());
  });
}
