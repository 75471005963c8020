/** The same engine in a real browser: trains and writes in a page, on ONNX Runtime Web. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const absent = !existsSync(executablePath);
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

describe.skipIf(absent)(
  `in a browser${absent ? ` (skipped: no Chromium at ${executablePath}; set CHROMIUM)` : ""}`,
  () => {
    let folder: string;
    let server: Server;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "punchline-web-"));
      await build({
        root: fileURLToPath(new URL("fixtures/web", import.meta.url)),
        base: "./",
        logLevel: "error",
        build: { outDir: folder, emptyOutDir: true, target: "esnext", minify: false },
      });
      server = createServer((request, response) => {
        const path = join(
          folder,
          new URL(request.url!, "http://page").pathname.replace(/^\/$/, "/index.html"),
        );
        if (!existsSync(path)) {
          response.writeHead(404).end();
          return;
        }
        response
          .writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" })
          .end(readFileSync(path));
      });
      await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    }, 120_000);

    afterAll(async () => {
      server?.close();
      await rm(folder, { recursive: true, force: true });
    });

    it("trains a model until it knows its text, and writes it", async () => {
      const browser = await chromium.launch({
        executablePath,
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-background-networking",
          "--disable-component-update",
          "--no-first-run",
        ],
      });
      try {
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
        await page.waitForFunction("window.result !== undefined", undefined, { timeout: 60_000 });
        const result = (await page.evaluate("window.result")) as {
          losses: number[];
          text: string;
          error?: string;
        };
        expect(result.error).toBeUndefined();
        expect(result.losses[0]).toBeGreaterThan(2);
        expect(result.losses.at(-1)).toBeLessThan(0.5);
        expect("the cat sat on the mat. ".repeat(3)).toContain(result.text);
      } finally {
        await browser.close();
      }
    }, 90_000);
  },
);
