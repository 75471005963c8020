/** The worker's side: answers the calls of its page. */
import { type Call, type Calls, type FromPage, type FromWorker, sentError } from "./messages.ts";

export interface CallContext<Event> {
  /** Tells the page something before the result. */
  readonly emit: (event: Event) => void;
  /** Aborted when the page no longer wants the result. */
  readonly signal: AbortSignal;
}

export type Handler<C extends Call> = (
  request: C["request"],
  context: CallContext<C["event"]>,
) => Promise<C["result"]>;

/** One function for every call. */
export type Handlers<C extends Calls<C>> = { readonly [K in keyof C]: Handler<C[K]> };

/** What a worker has of its global scope. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

export interface Serving {
  /** Aborts the calls under way; resolves when each has ended, a training with its checkpoint. */
  end(): Promise<void>;
}

/**
 * Answers calls until the worker ends.
 *
 * ONNX Runtime starts its threads from the script that it was bundled into, which may be the worker itself; such a thread
 * has the name `em-pthread`, and must not answer.
 * @param port default: the worker's own scope
 */
export function serveCalls<C extends Calls<C>>(
  handlers: Handlers<C>,
  port: Port = globalThis as unknown as Port,
): Serving {
  const running = new Map<number, AbortController>();
  const ends = new Set<Promise<void>>();
  const serving: Serving = {
    async end() {
      for (const controller of running.values()) controller.abort();
      await Promise.all(ends);
    },
  };
  if ((globalThis as { name?: string }).name === "em-pthread") return serving;
  const post = (message: FromWorker) => port.postMessage(message);
  port.addEventListener("message", ({ data }) => {
    const message = data as FromPage;
    const { id } = message;
    if (message.type === "abort") return running.get(id)?.abort();
    const handler = handlers[message.name as keyof C] as unknown as Handler<Call> | undefined;
    const controller = new AbortController();
    running.set(id, controller);
    const emit = (event: unknown) => post({ type: "event", id, event });
    const ended = (async () => {
      if (!handler) throw new Error(`This worker has no call ${message.name}.`);
      return handler(message.request, { emit, signal: controller.signal });
    })()
      .then(
        (result) => post({ type: "result", id, result }),
        (error: unknown) => post({ type: "error", id, error: sentError(error) }),
      )
      .finally(() => {
        running.delete(id);
        ends.delete(ended);
      });
    ends.add(ended);
  });
  return serving;
}
