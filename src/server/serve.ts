/**
 * A model behind an OpenAI-style HTTP API.
 *
 * @example
 * const server = await serve(await openLocal("gpt2"), { port: 8080 });
 * console.log(server.url); // http://127.0.0.1:8080/v1
 * await server.close();
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { UsageError } from "../core/errors.ts";
import { option } from "../core/options.ts";
import { checkedSecret } from "../core/secret.ts";
import { addressOf, isLoopback } from "./address.ts";
import { createApp } from "./app.ts";
import { ApiError, answerOf } from "./errors.ts";
import { originOf } from "./guard.ts";
import { defaultLimits, type ServeLimits } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { Models, type ServedModel, stopping } from "./models.ts";
import { movement, unlessMoved } from "./standing-still.ts";

export interface ServeOptions {
  /** 0 for any free port. Default 8080. */
  readonly port?: number | undefined;
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string | undefined;
  /**
   * The KEY that requests must send as `Authorization: Bearer KEY`; false for none. Default: none on a loopback
   * address; on any other address you must choose.
   */
  readonly key?: string | false | undefined;
  /** Origins of web pages that may use the server, such as `https://example.com`; `*` for all. Default: none. */
  readonly allowOrigins?: readonly string[] | undefined;
  readonly limits?: Partial<ServeLimits> | undefined;
  /** Models in folders that are open at the same time, where more are served. Default 2. */
  readonly maxOpen?: number | undefined;
  /** Called with errors that are no fault of a request. Default: they are dropped. */
  readonly report?: ((error: unknown) => void) | undefined;
  /** Called once, with a sentence, when the model reads a prompt otherwise than it was sent. Default: it is dropped. */
  readonly notice?: ((sentence: string) => void) | undefined;
}

export interface ModelServer {
  /** The base URL for clients, such as their `OPENAI_BASE_URL`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The first model's name in requests. */
  readonly id: string;
  /** The names of all. */
  readonly ids: readonly string[];
  /** Whether only this machine reaches it. */
  readonly local: boolean;
  /** Whether requests need a key. */
  readonly needsKey: boolean;
  /**
   * Refuses new requests, gives running ones `limits.graceMs` to finish, ends them, closes every connection
   * and releases the model.
   */
  close(): Promise<void>;
}

/** Milliseconds in which an aborted request must end and its answer be sent. */
const LAST_MS = 2_000;

/**
 * Checks everything that can be checked before the model is loaded: where the server listens, and who may use it.
 * @param setKey how to give a key, for the error that asks for one
 * @throws UsageError for an invalid host, key or origin, and for a network address without a key
 */
export async function checkServe(
  { host = "127.0.0.1", key: given, allowOrigins = [] }: ServeOptions,
  setKey = `set ${option("key")}`,
) {
  const key = given === false ? undefined : checkedSecret("The key", given);
  const origins = allowOrigins.map(originOf);
  const at = await addressOf(host);
  const local = isLoopback(at);
  if (!local && key === undefined && given !== false)
    throw new UsageError(
      `At ${host} other machines reach the model: ${setKey} to a key that requests must send, or say ${option("key", false)} to let in anyone.`,
      { option: "key", value: given, expected: "a key, or false" },
    );
  return { at, local, key, origins };
}

/**
 * Serves models until the server is closed. Resolves when the first of them is open and the server listens.
 *
 * A model that is given as a folder is opened in a thread of its own when it is asked for, so that requests are answered
 * while it computes; one that is open already computes in this thread and blocks it meanwhile.
 * @throws UsageError for two models of one name, and those of {@link checkServe}; what opening the first one throws; the
 * system's error where the address cannot be used
 */
export async function serve(
  served: ServedModel | readonly ServedModel[],
  options: ServeOptions = {},
): Promise<ModelServer> {
  const { port = 8080, report = () => {}, notice = () => {}, maxOpen = 2 } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const { at, local, key, origins } = await checkServe(options);
  const list: readonly ServedModel[] = Array.isArray(served) ? served : [served as ServedModel];
  const models = new Models(list, { limits, notice, maxOpen });
  await models.engine(models.ids[0]!);
  const stop = new AbortController();
  let closing: ApiError | undefined;
  const routing = {
    models,
    limits,
    metrics: new Metrics(),
    stopped: stop.signal,
    closing: () => closing,
    report,
  };
  const app = createApp(routing, { local, origins, key });
  const server = createServer(
    {
      // Counted from the connection, also where a client opens many before it asks.
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(1_000, limits.requestMs),
      // Said to clients, which then close it themselves.
      keepAliveTimeout: limits.idleMs,
    },
    getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
      errorHandler: unreadable,
    }),
  );
  server.maxConnections = limits.maxConnections;
  closeIdle(server, limits.idleMs / 3);
  try {
    // As many may wait to be accepted: where there is no room (511 by default), the system drops them.
    server.listen({ port, host: at, backlog: limits.maxConnections });
    await once(server, "listening");
  } catch (error) {
    await models.release(LAST_MS);
    throw error;
  }
  const address = server.address() as AddressInfo;
  const inUrl = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${inUrl}:${address.port}/v1`,
    host: address.address,
    port: address.port,
    id: models.ids[0]!,
    ids: models.ids,
    local,
    needsKey: key !== undefined,
    async close() {
      const closed = once(server, "close");
      server.close();
      closing = stopping();
      const idle = () => idleOf(models);
      await within(limits.graceMs, idle());
      stop.abort(stopping());
      const freed = await within(LAST_MS, idle());
      // Keep-alive connections close as soon as their answers are sent.
      const timer = setInterval(() => server.closeIdleConnections(), 20);
      await within(freed ? LAST_MS / 4 : 0, closed);
      clearInterval(timer);
      server.closeAllConnections();
      await within(LAST_MS, closed);
      await models.release(LAST_MS);
    },
  };
}

/**
 * Closes connections that time out between two requests, though not before `slackMs` have passed and what came meanwhile was
 * read: a request that is sent while its connection closes is lost.
 */
function closeIdle(server: Server, slackMs: number): void {
  const busy = new WeakSet<Socket>();
  server.on("request", ({ socket }, answer) => {
    busy.add(socket);
    answer.once("close", () => busy.delete(socket));
  });
  server.on("timeout", (socket) => {
    if (busy.has(socket)) return;
    const moved = movement(socket);
    const timer = setTimeout(() => unlessMoved(moved, () => socket.destroy()), slackMs);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
  });
}

/** Resolves when no request is under way. */
async function idleOf(models: Models): Promise<void> {
  while (models.size > 0) await new Promise((wake) => setTimeout(wake, 10));
}

/** Waits for `work`, at most `ms` milliseconds; returns whether it was done in time. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The answer to a request with a target or a Host header that forms no URL. */
function unreadable(): Response {
  const { status, body } = answerOf(
    new ApiError(400, "The target or the Host header of the request is not valid.", "invalid_request"),
  );
  return Response.json(body, { status });
}
