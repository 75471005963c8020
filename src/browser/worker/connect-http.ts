/** The page's side of an engine behind HTTP: `punchline studio` on the same machine. */
import { InputError, PunchlineError } from "../../core/errors.ts";
import type { CallOptions, Connection } from "./connect.ts";
import { type Calls, type FromWorker, receivedError } from "./messages.ts";
import { fromWire, requestToWire } from "./wire.ts";

/** What the machine's engine says of itself. */
export interface HttpEngine {
  /** Names of the calls that it answers. */
  readonly calls: readonly string[];
  /** The folder of its runs. */
  readonly runs: string;
  /** What it computes with, in words. */
  readonly machine: string;
}

/** A training under way, whichever page began it. */
export interface Ongoing {
  readonly id: string;
  readonly run: string;
}

export interface HttpConnection<C extends Calls<C>> extends Connection<C> {
  about(): Promise<HttpEngine>;
  /** The training under way; undefined where there is none. */
  ongoing(): Promise<Ongoing | undefined>;
  /** Its events from the first, and its result. The signal stops the training itself. */
  follow<K extends keyof C & string>(
    ongoing: Ongoing,
    options?: CallOptions<C[K]["event"]>,
  ): Promise<C[K]["result"]>;
}

const NOT_REACHED = "not-reached";

/** Whether the connection broke, and not the call. */
const isBroken = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof InputError && error.code === NOT_REACHED);

/** Times that a stream which breaks off is taken up again, and the milliseconds before each. */
const TRIES = 5;
const PAUSE = 500;

/**
 * @param api where its paths begin, with a slash at the end
 * @param token that the page was given
 */
export function connectHttp<C extends Calls<C>>(api: URL, token: string): HttpConnection<C> {
  const closed = new AbortController();

  const unanswered = (cause?: unknown): InputError =>
    new InputError(
      NOT_REACHED,
      `punchline studio no longer answers at ${api.host}; start it again, and load this page again. A training that was under way goes on from its last checkpoint.`,
      {},
      cause,
    );

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(new URL(path, api), {
        ...init,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        signal: closed.signal,
        cache: "no-store",
      });
    } catch (cause) {
      closed.signal.throwIfAborted();
      throw unanswered(cause);
    }
    if (answer.ok) return answer;
    const { error } = (await answer.json().catch(() => ({}))) as {
      error?: { code?: string; message?: string };
    };
    throw new PunchlineError(
      error?.code ?? "not-served",
      error?.message ?? `punchline studio answers ${answer.status}; start it again.`,
    );
  }

  const json = async <T>(path: string): Promise<T> => fromWire(await (await ask(path)).text()) as T;

  /** Hears a call to its end. Where the connection breaks, its stream is taken up after what was heard. */
  async function heard(
    id: string,
    first: () => Promise<Response>,
    { onEvent, signal }: CallOptions<unknown> = {},
  ): Promise<unknown> {
    const path = `calls/${id}`;
    const stop = () => void ask(path, { method: "DELETE" }).catch(() => {});
    signal?.addEventListener("abort", stop, { once: true });
    let count = 0;
    let open = first;
    try {
      for (let tries = 0; ; tries++) {
        try {
          const answer = await open();
          // The call may not have been there yet when it was to stop.
          if (signal?.aborted) stop();
          for await (const message of messagesOf(answer)) {
            count++;
            tries = 0;
            if (message.type === "result") return message.result;
            if (message.type === "error") throw receivedError(message.error);
            onEvent?.(message.event);
          }
          throw unanswered();
        } catch (error) {
          if (!isBroken(error) || count === 0 || tries >= TRIES) throw error;
        }
        await new Promise((resume) => setTimeout(resume, PAUSE));
        open = () => ask(`${path}?from=${count}`);
      }
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  return {
    about: () => json("about"),
    ongoing: async () => (await json<readonly Ongoing[]>("calls"))[0],
    follow: (ongoing, options) =>
      heard(ongoing.id, () => ask(`calls/${ongoing.id}`), options as CallOptions<unknown>),
    async call(name, request, options = {}) {
      options.signal?.throwIfAborted();
      const id = crypto.randomUUID();
      const { run } = (request ?? {}) as { readonly run?: unknown };
      const body = JSON.stringify({ name, run, request: await requestToWire(request) });
      const begin = () => ask(`calls/${id}`, { method: "POST", body });
      return heard(id, begin, options as CallOptions<unknown>);
    },
    close: () => closed.abort(),
  };
}

/** The messages of a stream of server-sent events, a line each, up to `[DONE]`. */
async function* messagesOf({ body }: Response): AsyncGenerator<FromWorker, void, undefined> {
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  // A run's files come as one long line in many pieces.
  let pieces: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const [first = "", ...others] = value.split("\n");
      pieces.push(first);
      for (const begun of others) {
        const line = pieces.join("");
        pieces = [begun];
        if (line === "data: [DONE]") return;
        if (line.startsWith("data: ")) yield fromWire(line.slice("data: ".length)) as FromWorker;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
