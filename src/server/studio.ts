/**
 * The studio's files, on this machine alone, and where asked for the engine of this machine behind them.
 *
 * @example
 * const server = await serveStudio({ port: 8765 });
 * console.log(server.url); // http://127.0.0.1:8765/
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join, relative, sep } from "node:path";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { InputError } from "../core/errors.ts";
import { builtInFolder, builtInNames, builtInRoot } from "../hub/built-in.ts";
import type { BackendChoice } from "../runtime/backend.ts";
import { answerOf } from "./errors.ts";
import { type App, protect } from "./guard.ts";
import { apiRoutes } from "./studio/api.ts";
import { CallBook } from "./studio/call-book.ts";
import { nativeCalls } from "./studio/calls.ts";
import { type EngineProgram, type NativeEngine, nativeEngine } from "./studio/engine.ts";

export interface StudioOptions {
  /** 0 for any free port. Default 8765. */
  readonly port?: number | undefined;
  /** The folder of the built files. Default: the package's own. */
  readonly folder?: string | undefined;
  /** The folder of runs that the page may open, train and delete. Default: none, the page keeps to itself. */
  readonly runs?: string | undefined;
  /** Where those are trained. */
  readonly backend?: BackendChoice | undefined;
  /** What they are trained on, in words: `on cpu, 8 threads`. */
  readonly machine?: string | undefined;
  /** The program of the engine's process. Default: the built one. */
  readonly program?: EngineProgram | undefined;
  /** Called with errors that are no fault of a request. Default: they are dropped. */
  readonly report?: ((error: unknown) => void) | undefined;
}

export interface StudioServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** What a page needs to use threads (cross-origin isolation), and what keeps it to its own files. */
const headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/**
 * Serves the studio until the server is closed. Resolves when it listens.
 * @throws InputError `no-studio` where it has not been built; the system's error where the address cannot be used
 */
export async function serveStudio(options: StudioOptions = {}): Promise<StudioServer> {
  const { port = 8765, folder = join(dirname(builtInRoot()), "dist", "studio"), runs } = options;
  const files = new Map([...(await builtInFiles()), ...(await filesOf(folder))]);
  if (!files.has("/index.html"))
    throw new InputError(
      "no-studio",
      `${folder} has no built studio; "npm run build:studio" in Punchline's folder makes it.`,
      { folder },
    );
  const app: App = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
  });
  protect(app, { local: true, origins: [], key: undefined });
  const native = runs === undefined ? undefined : nativeParts(runs, options);
  if (native) app.route("/api", native.api);
  app.get("*", async (context) => {
    const path = context.req.path === "/" ? "/index.html" : context.req.path;
    const file = files.get(path);
    if (file === undefined) return context.notFound();
    // The names of assets change with their content.
    const cached = path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
    const type = types[extname(path)] ?? "application/octet-stream";
    if (path === "/index.html" && native) {
      const page = (await readFile(file, "utf8")).replace("</head>", `${native.meta}</head>`);
      return context.body(page, 200, { "content-type": type, "cache-control": "no-store" });
    }
    return context.body(await readFile(file), 200, { "content-type": type, "cache-control": cached });
  });
  app.onError((error, context) => {
    const { status, body, unexpected } = answerOf(error);
    if (status === 413) context.header("connection", "close"); // the rest of the body is not read
    if (unexpected) options.report?.(error);
    return context.json(body, status);
  });
  const server = createServer(getRequestListener((request, env) => app.fetch(request, env as HttpBindings)));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/`,
    port: address.port,
    async close() {
      const closed = once(server, "close");
      server.close();
      await native?.engine.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface NativeParts {
  readonly api: App;
  readonly engine: NativeEngine;
  /** What the page learns of it. */
  readonly meta: string;
}

function nativeParts(runs: string, options: StudioOptions): NativeParts {
  const { backend = {}, machine = "", program, report = () => {} } = options;
  const engine = nativeEngine({ runs, backend }, program);
  const token = randomBytes(24).toString("base64url");
  const about = { calls: Object.keys(nativeCalls), runs, machine };
  const api = apiRoutes({ book: new CallBook(engine), about, token, report });
  return { api, engine, meta: `<meta name="punchline-api" content="${token}">` };
}

/** The built-in models, which are in the package once, beside the studio's folder. */
async function builtInFiles(): Promise<readonly (readonly [path: string, file: string])[]> {
  const models = builtInNames.map(async (name) => {
    const files = await filesOf(builtInFolder(name), false);
    return [...files].map(([path, file]) => [`/models/${name}${path}`, file] as const);
  });
  return (await Promise.all(models)).flat();
}

/**
 * The files in `folder`, by their path in addresses: nothing else is ever read.
 * @param recursive also those of the folders in it
 */
async function filesOf(folder: string, recursive = true): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive, withFileTypes: true }).catch(() => []);
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return [`/${relative(folder, file).split(sep).join("/")}`, file];
      }),
  );
}
