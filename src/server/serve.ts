/**
 * A model behind an OpenAI-style HTTP API.
 *
 * @example
 * const server = await serve(await openLocal("gpt2"), { port: 8080 });
 * console.log(server.url); // http://127.0.0.1:8080/v1
 * await server.close();
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, resolve } from "node:path";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { UsageError } from "../core/errors.ts";
import { checkedSecret } from "../core/secret.ts";
import type { LocalModel } from "../generate/text-model.ts";
import { addressOf, isLoopback } from "./address.ts";
import { createApp } from "./app.ts";
import { ApiError, answerOf } from "./errors.ts";
import { originOf } from "./guard.ts";
import { defaultLimits, type ServeLimits } from "./limits.ts";
import { stopping } from "./queue.ts";
import { createService } from "./service.ts";

export interface ServeOptions {
  /** 0 for any that is free. Default 8080. */
  readonly port?: number;
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string;
  /**
   * What requests have to send as `Authorization: Bearer KEY`; false: nothing, also on a network. Default:
   * nothing on this machine alone, and elsewhere a key must be given.
   */
  readonly key?: string | false;
  /** Origins of web pages that may use the server, such as `https://example.com`; `*` for all. Default: none. */
  readonly allowOrigins?: readonly string[];
  readonly limits?: Partial<ServeLimits>;
  /** Given errors that are no fault of a request. Default: they are dropped. */
  readonly report?: (error: unknown) => void;
  /** Given, once, a sentence about prompts that are not read as they are. Default: it is dropped. */
  readonly notice?: (sentence: string) => void;
}

export interface ModelServer {
  /** What clients take for `OPENAI_BASE_URL`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The model's name in requests. */
  readonly id: string;
  /** Whether it is reached from this machine alone. */
  readonly local: boolean;
  /** Whether requests need a key. */
  readonly needsKey: boolean;
  /**
   * Takes no more requests, gives those under way `limits.graceMs` to finish, ends them, closes every connection
   * and frees the model.
   */
  close(): Promise<void>;
}

/** Milliseconds that an ended request and its answer get at most. */
const LAST_MS = 2_000;

/**
 * Where a server would listen, and to whom it would answer: what can be known before a model is read.
 * @throws UsageError for a host, key or origin that cannot be one, and a network address without a key
 */
export async function checkServe({ host = "127.0.0.1", key: given, allowOrigins = [] }: ServeOptions) {
  const key = given === false ? undefined : checkedSecret("The key", given);
  const origins = allowOrigins.map(originOf);
  const at = await addressOf(host);
  const local = isLoopback(at);
  if (!local && key === undefined && given !== false)
    throw new UsageError(
      `At ${host} other machines reach the model: set PUNCHLINE_API_KEY to a key that requests must send, or say --no-key to let in anyone.`,
    );
  return { at, local, key, origins };
}

/**
 * @throws UsageError for a model that cannot continue texts, and those of {@link checkServe}; the system's error
 * where the address is not to be had
 */
export async function serve(model: LocalModel, options: ServeOptions = {}): Promise<ModelServer> {
  const { port = 8080, report = () => {} } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const { predicts, config } = model.lm.model;
  if (predicts === "masked")
    throw new UsageError(
      `${model.name} (${config.model_type}) fills masks and cannot continue texts; use "fill".`,
    );
  const { at, local, key, origins } = await checkServe(options);
  const stop = new AbortController();
  const service = createService(model, nameOf(model), limits, stop.signal, options.notice);
  const app = createApp(service, { local, origins, key }, report);
  const server = createServer(
    {
      headersTimeout: Math.min(10_000, limits.requestMs),
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(1_000, limits.requestMs),
    },
    getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
      errorHandler: unreadable,
    }),
  );
  server.maxConnections = limits.maxConnections;
  server.listen(port, at);
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  const inUrl = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${inUrl}:${address.port}/v1`,
    host: address.address,
    port: address.port,
    id: service.id,
    local,
    needsKey: key !== undefined,
    async close() {
      const closed = once(server, "close");
      server.close();
      const idle = service.queue.close();
      await within(limits.graceMs, idle);
      stop.abort(stopping());
      const freed = await within(LAST_MS, idle);
      // Connections that wait for another request close as soon as their answers are out.
      const timer = setInterval(() => server.closeIdleConnections(), 20);
      await within(freed ? LAST_MS / 4 : 0, closed);
      clearInterval(timer);
      server.closeAllConnections();
      await within(LAST_MS, closed);
      if (freed) await model.release();
    },
  };
}

/** Waits for `work`, and tells whether it was done in time. */
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

/** The answer to a request whose target or Host header no URL can be made of. */
function unreadable(): Response {
  const { status, body } = answerOf(
    new ApiError(400, "The target or the Host header of the request is not valid.", "invalid_request"),
  );
  return Response.json(body, { status });
}

/** A folder is known by its last part, a model of the Hub by its name. */
function nameOf({ name, folder }: LocalModel): string {
  return resolve(name) === resolve(folder) ? basename(resolve(name)) : name;
}
