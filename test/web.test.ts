/** The same engine in a real browser: trains and writes in a page, on ONNX Runtime Web. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, type FolderServer, launchBrowser, noBrowser, serveFolder } from "./browser.ts";

describe.skipIf(noBrowser)(`in a browser${browserReason}`, () => {
  let folder: string;
  let server: FolderServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "punchline-web-"));
    await build({
      root: fileURLToPath(new URL("fixtures/web", import.meta.url)),
      base: "./",
      logLevel: "error",
      build: { outDir: folder, emptyOutDir: true, target: "esnext", minify: false },
    });
    server = await serveFolder(folder);
  });

  afterAll(async () => {
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("trains a model until it knows its text, and writes it", async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      await page.waitForFunction("window.result !== undefined", undefined, { timeout: 100_000 });
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
  });
});
