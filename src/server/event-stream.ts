/** Answers that come piece by piece, as server-sent events (WHATWG HTML, 9.2). */
import { answerOf } from "./errors.ts";

export type Send = (message: object) => void;

export interface EventStreamOptions {
  /** Sends the events. Its signal aborts when the client goes away. */
  readonly work: (send: Send, signal: AbortSignal) => Promise<void>;
  /** Of the request itself. */
  readonly signal: AbortSignal;
  /** Told of errors that are no fault of the request. */
  readonly report: (error: unknown) => void;
}

/**
 * An answer of events that ends with `[DONE]`, or with an error in place of an event. An error before the
 * first event rejects, so that it gets its status like that of any other request.
 */
export function eventStream({ work, signal, report }: EventStreamOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const gone = new AbortController();
    const encoder = new TextEncoder();
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start(given) {
        controller = given;
      },
      cancel() {
        gone.abort();
      },
    });
    const write = (data: string) => {
      if (!gone.signal.aborted) controller.enqueue(encoder.encode(`data: ${data}\n\n`));
    };
    let begun = false;
    const begin = () => {
      if (begun) return;
      begun = true;
      const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };
      resolve(new Response(body, { headers }));
    };
    const send: Send = (message) => {
      begin();
      write(JSON.stringify(message));
    };
    work(send, AbortSignal.any([signal, gone.signal]))
      .then(() => {
        begin();
        write("[DONE]");
      })
      .catch((error: unknown) => {
        if (!begun) return reject(error);
        if (signal.aborted || gone.signal.aborted) return;
        const { body, unexpected } = answerOf(error);
        if (unexpected) report(error);
        write(JSON.stringify(body));
      })
      .finally(() => {
        if (begun && !gone.signal.aborted) controller.close();
      });
  });
}
