/** The browser examples in a real browser: a model trained here writes there, and the same text as here. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, createServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, type FolderServer, launchBrowser, noBrowser, serveFolder } from "./browser.ts";
import { builtCli, punchline, root } from "./cli.ts";
import { readPage } from "./markdown.ts";

describe.skipIf(noBrowser)(`the browser examples${browserReason}`, () => {
  let folder = "";
  const servers: FolderServer[] = [];

  beforeAll(async () => {
    builtCli();
    folder = await mkdtemp(join(tmpdir(), "punchline-browser-"));
    const sizes = ["--width", "32", "--batch-size", "8", "--seq-len", "32", "--validation-tokens", "500"];
    for (const words of [
      ["train", "--out", "run", "--steps", "40", ...sizes],
      ["export", "run", "--format", "onnx", "--out", "exported"],
    ]) {
      const { status, stderr } = await punchline(words, { cwd: folder });
      expect(status, stderr).toBe(0);
    }
  }, 240_000);

  afterAll(async () => {
    for (const server of servers) server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ["browser", "run"],
    ["browser-onnx", "exported"],
  ])(
    "%s opens a folder and writes what the command line writes",
    async (example, files) => {
      await build({
        root: join(root, "examples", example),
        base: "./",
        logLevel: "error",
        build: { outDir: join(folder, example), target: "esnext", minify: false },
      });
      const server = await serveFolder(join(folder, example));
      servers.push(server);
      const words = ["sample", "run", "--prompt", "Why did", "--temperature", "0", "--json"];
      const [expected] = JSON.parse((await punchline(words, { cwd: folder })).stdout).samples;
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        await page.goto(server.url);
        await page.setInputFiles("#files", join(folder, files));
        if (example === "browser") await page.fill("#temperature", "0");
        await page.click("button");
        await page.waitForSelector("output[data-state]", { timeout: 100_000 });
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
    },
    120_000,
  );
});

it.skipIf(noBrowser)(
  `the page of docs/studio.md trains in a worker of the built package, bundled by Vite${browserReason}`,
  async () => {
    builtCli();
    mkdirSync(join(root, ".ci/out"), { recursive: true });
    // Inside the project, where `punchline` is the package itself.
    const folder = mkdtempSync(join(root, ".ci/out/page-"));
    const [engine, page] = readPage("docs/studio.md").blocks.filter(({ language }) => language === "js");
    const texts = Array.from({ length: 40 }, (_, i) => `${"abcd"[i % 4]} text, number ${i * 37}`);
    expect(page!.source).toContain("maxMinutes: 1");
    writeFileSync(join(folder, "engine.js"), engine!.source);
    writeFileSync(
      join(folder, "page.js"),
      `const texts = ${JSON.stringify(texts)};\n${page!.source.replace("maxMinutes: 1", "steps: 5, batchSize: 4")}\ndocument.title = "done";\n`,
    );
    writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="page.js"></script>');
    await build({
      root: folder,
      base: "./",
      logLevel: "error",
      build: { outDir: join(folder, "built"), target: "esnext", minify: false },
      worker: { format: "es" },
    });
    const server = await serveFolder(join(folder, "built"), { isolated: true });
    const browser = await launchBrowser();
    try {
      const tab = await browser.newPage();
      const said: string[] = [];
      tab.on("console", (message) => said.push(message.text()));
      const failed = tab.waitForEvent("pageerror", { timeout: 0 }).then(({ message }) => message);
      await tab.goto(server.url);
      const done = tab.waitForFunction(() => document.title === "done", null, { timeout: 200_000 });
      const ended = await Promise.race([done.then(() => "done"), failed]).catch(({ message }) => message);
      expect(ended, said.join("\n")).toBe("done");
      expect(said.at(-1)).toMatch(/^\[.*Object/);
    } finally {
      await browser.close();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  240_000,
);

it.skipIf(noBrowser)(
  `browser-engine, opened by "npx vite examples/browser-engine", learns${browserReason}`,
  async () => {
    builtCli();
    const cacheDir = await mkdtemp(join(tmpdir(), "punchline-vite-"));
    const server = await createServer({
      root: join(root, "examples/browser-engine"),
      cacheDir,
      logLevel: "error",
      server: { host: "127.0.0.1", port: 0 },
    });
    await server.listen();
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(server.resolvedUrls!.local[0]!);
      const output = await page.waitForSelector("output[data-state]", { timeout: 100_000 });
      const text = await output.evaluate((o) => (o as HTMLOutputElement).value);
      expect(await output.getAttribute("data-state"), text).toBe("done");
      const errors = Array.from(text.matchAll(/: (?:mean squared error )?(\d\.\d+)/g), ([, error]) =>
        Number(error),
      );
      expect(errors, text).toHaveLength(5);
      // A network that answers 0 has an error of 0.5.
      expect(errors[0], text).toBeLessThan(0.1);
      expect(errors.at(-1), text).toBeLessThan(errors[0]! / 4);
    } finally {
      await browser.close();
      await server.close();
      await rm(cacheDir, { recursive: true, force: true });
    }
  },
  120_000,
);
