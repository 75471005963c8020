/**
 * The local API of the studio: its page calls the engine of this machine. Only that page may: requests carry a token
 * that it was served with, which no page of another origin can read.
 *
 * `POST calls/ID` begins a call and answers with its events, `GET calls/ID?from=N` takes them up again, `DELETE
 * calls/ID` stops it, and `GET calls` has the training under way.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { HttpEngine } from "../../browser/worker/connect-http.ts";
import { ApiError } from "../errors.ts";
import { eventStream, type Outgoing } from "../event-stream.ts";
import { type App, ownPagesOnly, protect } from "../guard.ts";
import type { AskedCall, CallBook } from "./call-book.ts";

/** Bytes of a request: texts to train on, or the files of a run. */
const MAX_BYTES = 256 * 2 ** 20;
/** Milliseconds that a page may take without reading what it asked for. */
const STALL_MS = 60_000;

export interface ApiParts {
  readonly book: CallBook;
  readonly about: HttpEngine;
  readonly token: string;
  readonly report: (error: unknown) => void;
}

export function apiRoutes({ book, about, token, report }: ApiParts): App {
  const app: App = new Hono();
  protect(app, { local: true, origins: [], key: token });
  app.use(ownPagesOnly);
  app.use(
    bodyLimit({
      maxSize: MAX_BYTES,
      onError: () => {
        throw new ApiError(
          413,
          `The engine of this machine takes ${MAX_BYTES / 2 ** 20} MB at a time; give larger texts to punchline train, and copy larger runs into ${about.runs}.`,
          "too_large",
        );
      },
    }),
  );

  const stream = (id: string, from: number, signal: AbortSignal, outgoing: Outgoing) =>
    eventStream({
      work: (send, gone) => book.follow(id, from, send, gone),
      signal,
      report,
      stallMs: STALL_MS,
      outgoing,
    });

  app.get("/about", (context) => context.json(about));
  app.get("/calls", (context) => context.json(book.ongoing()));
  app.post("/calls/:id", async (context) => {
    const id = idOf(context.req.param("id"));
    if (!/^application\/json\b/.test(context.req.header("content-type") ?? ""))
      throw new ApiError(415, "A call is JSON; send it as application/json.", "not_json");
    book.begin(id, callIn(await context.req.text()));
    return stream(id, 0, context.req.raw.signal, context.env.outgoing);
  });
  app.get("/calls/:id", (context) => {
    const from = Number(context.req.query("from") ?? 0);
    if (!Number.isSafeInteger(from) || from < 0)
      throw new ApiError(400, "from must be a whole number of 0 or more.", "invalid_request", "from");
    const id = idOf(context.req.param("id"));
    return stream(id, from, context.req.raw.signal, context.env.outgoing);
  });
  app.delete("/calls/:id", (context) => {
    book.stop(idOf(context.req.param("id")));
    return context.body(null, 204);
  });
  return app;
}

function idOf(text: string): string {
  if (/^[\da-f-]{1,64}$/i.test(text)) return text;
  throw new ApiError(400, "The id of a call is one of hexadecimal digits.", "invalid_request", "id");
}

function callIn(text: string): AskedCall {
  try {
    const call = JSON.parse(text) as Partial<AskedCall> | null;
    if (typeof call?.request === "string") return { ...call, request: call.request };
  } catch {}
  throw new ApiError(
    400,
    'A call is a JSON object, { "name": …, "request": … }, with the request as a text of JSON.',
    "not_json",
  );
}
