/** WebGPU in a real browser, computed by SwiftShader: a page trains with the losses of WebAssembly. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, type FolderServer, launchBrowser, noBrowser, serveFolder } from "../browser.ts";
import type { Training } from "../fixtures/webgpu/main.ts";
import { LOSS_TOLERANCE } from "../twenty-steps.ts";

describe.skipIf(noBrowser)(`WebGPU in a page${browserReason}`, () => {
  let folder: string;
  let server: FolderServer;
  let browser: Browser;
  let page: Page;
  /** Files of ONNX Runtime that the page has asked for. */
  const runtimes: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "punchline-webgpu-page-"));
    await build({
      root: fileURLToPath(new URL("../fixtures/webgpu", import.meta.url)),
      base: "./",
      logLevel: "error",
      build: { outDir: folder, emptyOutDir: true, target: "esnext", minify: false },
    });
    server = await serveFolder(folder);
    browser = await launchBrowser({ webgpu: true });
    page = await browser.newPage();
    page.on("request", (request) => {
      const [name] = /ort-wasm[\w.-]*\.wasm$/.exec(request.url()) ?? [];
      if (name) runtimes.push(name);
    });
    await page.goto(server.url);
    await page.waitForFunction("window.train !== undefined");
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const train = (model: string, ...devices: readonly string[]): Promise<Training> =>
    page.evaluate(
      ([model, devices]) =>
        (window as unknown as { train(...given: unknown[]): Promise<Training> }).train(model, devices),
      [model, devices] as const,
    );

  it("trains with the losses of WebAssembly, and loads its runtime only then", async () => {
    const expected = await train("char-transformer", "wasm");
    expect(runtimes.filter((name) => /jspi|asyncify|jsep/.test(name))).toEqual([]);
    const found = await train("char-transformer", "webgpu");
    expect(runtimes.filter((name) => /jspi|asyncify|jsep/.test(name))).toHaveLength(1);
    expect(found.device).toBe("webgpu");
    expect(found.losses).toHaveLength(4);
    for (const [i, loss] of found.losses.entries())
      expect(Math.abs(loss - expected.losses[i]!)).toBeLessThan(LOSS_TOLERANCE);
  });

  it("measures both, and computes the same whichever it chooses", async () => {
    const expected = await train("char-transformer", "wasm");
    const found = await train("char-transformer", "wasm", "webgpu");
    expect(found.measured.map(({ secondsPerStep }) => typeof secondsPerStep)).toEqual(["number", "number"]);
    const [wasm, webgpu] = found.measured.map(({ secondsPerStep }) => secondsPerStep!);
    expect(found.device).toBe(webgpu! < wasm! ? "webgpu" : "wasm");
    for (const [i, loss] of found.losses.entries())
      expect(Math.abs(loss - expected.losses[i]!)).toBeLessThan(LOSS_TOLERANCE);
  });

  it("does not take a processor that acts as a graphics card", async () => {
    const { device, measured } = await train("char-transformer", "wasm", "graphics card");
    expect(device).toBe("wasm");
    expect(measured[1]!.reason).toMatch(/no graphics card/);
  });
});
