/**
 * Who may use the server: checks a request's Host, Origin and key, and sends CORS headers to allowed pages.
 *
 * A page of another site can make a browser send requests here. If its DNS server answers first with its own
 * address and then with 127.0.0.1 (DNS rebinding), the page can read the answers too, but the browser still
 * sends the page's name as Host. So a server that listens on loopback answers only to loopback names.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import type { Hono, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { invalidOption } from "../core/options.ts";
import { isLoopback } from "./address.ts";
import { ApiError } from "./errors.ts";

export interface Access {
  /** Whether the server listens on this machine alone. */
  readonly local: boolean;
  /** Origins of the pages that may use it; `*` for all. */
  readonly origins: readonly string[];
  /** The KEY of `Authorization: Bearer KEY` that requests must send; undefined for none. */
  readonly key: string | undefined;
}

export type App = Hono<{ Bindings: HttpBindings }>;
type Guard = MiddlewareHandler<{ Bindings: HttpBindings }>;

export function protect(app: App, { local, origins, key }: Access): void {
  if (local) app.use(loopbackNamesOnly);
  if (origins.length > 0) app.use(privateNetwork, crossOrigin(origins));
  app.use(knownOriginsOnly(origins));
  if (key !== undefined) app.use(keyOnly(key));
}

/**
 * An origin as browsers send it.
 * @throws UsageError for a text that is no origin, such as one with a path or without a scheme
 */
export function originOf(text: string): string {
  if (text === "*" || text === "null") return text;
  const written = /^[a-z][a-z\d+.-]*:\/\/[^/?#@\s]+\/?$/i.test(text) && URL.canParse(text);
  if (!written)
    throw invalidOption(
      "allowOrigins",
      text,
      "an origin such as https://example.com or http://localhost:3000, or * for all",
    );
  const { origin, protocol, host } = new URL(text);
  return origin === "null" ? `${protocol}//${host}`.toLowerCase() : origin;
}

const loopbackNamesOnly: Guard = async ({ env, req }, next) => {
  // A request may name a host twice: as its target and in the header.
  for (const host of [env.incoming.headers.host, new URL(req.url).host]) {
    const name = /^(?:\[([\da-f:.]+)\]|([\da-z.-]+))(?::\d{1,5})?$/i.exec(host ?? "");
    if (!name || !isLoopback(name[1] ?? name[2]!))
      throw new ApiError(
        403,
        "This server answers to localhost, 127.0.0.1 and [::1] alone; another name in the Host header may come from a hostile page.",
        "host_not_allowed",
      );
  }
  await next();
};

/**
 * Refuses every page but the server's own: another server of this machine is another origin. Browsers send
 * `Sec-Fetch-Site` with every request, and no page can set it.
 */
export const ownPagesOnly: Guard = async ({ env, req }, next) => {
  const origin = req.header("origin");
  const site = req.header("sec-fetch-site");
  const foreign = origin !== undefined && origin !== `http://${env.incoming.headers.host}`;
  if (foreign || (site !== undefined && site !== "same-origin"))
    throw new ApiError(403, "Only the page of this server may use it.", "origin_not_allowed");
  await next();
};

function allows(origins: readonly string[], origin: string): boolean {
  return origins.includes("*") || origins.includes(origin.toLowerCase());
}

/** Pages of this machine get an answer even where they are not allowed: without CORS headers the browser hides it. */
const knownOriginsOnly =
  (origins: readonly string[]): Guard =>
  async ({ req }, next) => {
    const origin = req.header("origin");
    if (origin !== undefined && !allows(origins, origin) && !isLocalOrigin(origin))
      throw new ApiError(
        403,
        "Pages of this origin may not use this server; the person who runs it can allow this origin.",
        "origin_not_allowed",
      );
    await next();
  };

function isLocalOrigin(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return /^https?:$/.test(protocol) && isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
}

const crossOrigin = (origins: readonly string[]): Guard =>
  cors({
    origin: origins.includes("*") ? "*" : (origin) => (allows(origins, origin) ? origin : null),
    allowMethods: ["GET", "POST"],
    exposeHeaders: ["retry-after", "www-authenticate"],
    maxAge: 600,
  });

/** Browsers ask before a page of the internet reaches into a private network (Private Network Access). */
const privateNetwork: Guard = async (context, next) => {
  await next();
  const asked = context.req.header("access-control-request-private-network") === "true";
  if (asked && context.res.headers.has("access-control-allow-origin"))
    context.header("access-control-allow-private-network", "true");
};

/** Compares digests, so that neither time nor length reveals how much of a guess is right. */
const keyOnly = (key: string): Guard => {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const expected = digest(key);
  return async (context, next) => {
    const given = /^Bearer +(\S+) *$/i.exec(context.req.header("authorization") ?? "")?.[1];
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      context.header("www-authenticate", "Bearer");
      throw new ApiError(
        401,
        given === undefined
          ? "This server needs its key: send it as Authorization: Bearer KEY."
          : "This is not the key of this server.",
        "invalid_api_key",
      );
    }
    await next();
  };
};
