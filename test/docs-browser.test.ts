/** examples/browser in a real browser: a run folder trained here writes there, and the same text as here. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtCli, punchline, root } from "./cli.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const absent = !existsSync(executablePath);
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

describe.skipIf(absent)(
  `the browser example${absent ? ` (skipped: no Chromium at ${executablePath}; set CHROMIUM)` : ""}`,
  () => {
    let folder = "";
    let server: Server;

    beforeAll(async () => {
      builtCli();
      folder = await mkdtemp(join(tmpdir(), "punchline-browser-"));
      await build({
        root: join(root, "examples/browser"),
        base: "./",
        logLevel: "error",
        build: { outDir: join(folder, "page"), target: "esnext", minify: false },
      });
      server = createServer((request, response) => {
        const { pathname } = new URL(request.url!, "http://page");
        const path = join(folder, "page", pathname === "/" ? "index.html" : pathname);
        if (!existsSync(path)) response.writeHead(404).end();
        else
          response
            .writeHead(200, { "content-type": types[extname(path)] ?? "text/plain" })
            .end(readFileSync(path));
      });
      await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
      const sizes = ["--width", "32", "--batch-size", "8", "--seq-len", "32", "--validation-tokens", "500"];
      const trained = await punchline(["train", "--out", "run", "--steps", "40", ...sizes], { cwd: folder });
      expect(trained.status, trained.stderr).toBe(0);
    }, 240_000);

    afterAll(async () => {
      server?.close();
      await rm(folder, { recursive: true, force: true });
    });

    it("opens a run folder and writes what the command line writes", async () => {
      const words = ["sample", "run", "--prompt", "Why did", "--temperature", "0", "--json"];
      const [expected] = JSON.parse((await punchline(words, { cwd: folder })).stdout).samples;
      const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
      try {
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
        await page.setInputFiles("#files", join(folder, "run"));
        await page.fill("#temperature", "0");
        await page.click("button");
        await page.waitForSelector("output[data-state]", { timeout: 60_000 });
        expect(
          await page.getAttribute("output", "data-state"),
          (await page.textContent("output")) ?? "",
        ).toBe("done");
        expect(await page.locator("output").evaluate((o) => (o as HTMLOutputElement).value)).toBe(
          `Why did${expected.text}`,
        );
      } finally {
        await browser.close();
      }
    }, 120_000);
  },
);
