/** A real browser for tests: the system's Chromium, and a server of one folder for it. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const noBrowser = !existsSync(executablePath);
/** What the name of a test says where there is no browser. */
export const browserReason = noBrowser ? ` (skipped: no Chromium at ${executablePath}; set CHROMIUM)` : "";

/**
 * @param webgpu whether pages have WebGPU, computed on the processor by SwiftShader. Default false.
 * @param gc whether pages and workers can collect their garbage, with `gc()`. Default false.
 */
export const launchBrowser = ({ webgpu = false, gc = false } = {}): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      ...(webgpu ? ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"] : ["--disable-gpu"]),
      ...(gc ? ["--js-flags=--expose-gc"] : []),
      "--disable-background-networking",
      "--disable-component-update",
      "--no-first-run",
    ],
  });

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

export interface FolderServer {
  readonly url: string;
  close(): void;
}

/** What a page needs to use threads: it shares its process with no other site. */
const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/**
 * Serves the files of `folder` on this machine.
 * @param isolated whether pages may use threads
 */
export async function serveFolder(folder: string, { isolated = false } = {}): Promise<FolderServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://page");
    const path = join(folder, pathname === "/" ? "index.html" : pathname);
    if (!existsSync(path)) response.writeHead(404).end();
    else
      response
        .writeHead(200, {
          "content-type": types[extname(path)] ?? "application/octet-stream",
          ...(isolated ? isolation : {}),
        })
        .end(readFileSync(path));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
