/** The studio in a real browser, with trainings of seconds; and somebody's own page that trains in a worker. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync, zipSync } from "fflate";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocal } from "../src/generate/open.ts";
import { type StudioServer, serveStudio } from "../src/server/studio.ts";
import { train } from "../src/train/train.ts";
import { browserReason, launchBrowser, noBrowser } from "./browser.ts";
import { root } from "./cli.ts";
import type { Engine } from "./fixtures/worker/main.ts";
import { faultsOf } from "./studio-page.ts";
import { reached, stepShown } from "./studio-run.ts";

/** For a test, and for what a page waits for in it. */
const MINUTES = 240_000;
const WAIT = 60_000;

let folder = "";
let browser: Browser;
const servers: StudioServer[] = [];

async function served(name: string, config: Parameters<typeof build>[0]): Promise<StudioServer> {
  const out = join(folder, name);
  await build({
    logLevel: "error",
    base: "./",
    ...config,
    build: { outDir: out, target: "esnext", emptyOutDir: true },
  });
  const server = await serveStudio({ port: 0, folder: out });
  servers.push(server);
  return server;
}

beforeAll(async () => {
  if (noBrowser) return;
  folder = await mkdtemp(join(tmpdir(), "punchline-studio-"));
  browser = await launchBrowser();
}, MINUTES);
afterAll(async () => {
  await browser?.close();
  for (const server of servers) await server.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function unpacked(zip: string, name: string): Promise<string> {
  for (const [path, bytes] of Object.entries(unzipSync(await readFile(zip)))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return join(folder, name);
}

describe.skipIf(noBrowser)(`a page of one's own${browserReason}`, () => {
  const texts = Array.from(
    { length: 80 },
    (_, i) => `${"abcdefgh"[i % 8]}${"aeiou"[i % 5]}${i * 7919} and so on`,
  );
  const request = {
    texts,
    model: "char-gru",
    modelOptions: { width: 24 },
    train: {
      // So many that the page is closed long before the last one.
      steps: 120,
      batchSize: 4,
      seqLen: 16,
      validateEvery: 10,
      logEvery: 1,
      checkpointSeconds: 0,
      sampleEvery: 0,
    },
  };
  let url = "";

  beforeAll(async () => {
    const server = await served("worker", {
      root: join(root, "test/fixtures/worker"),
      worker: { format: "es" },
    });
    url = server.url;
  }, MINUTES);

  it(
    "trains in a worker as Node does, and goes on to the bit after its tab was closed",
    async () => {
      const context = await browser.newContext();
      const open = async () => {
        const page = await context.newPage();
        await page.goto(url);
        await page.waitForFunction(() => "engine" in window);
        return page;
      };
      const first = await open();
      expect(await first.evaluate(() => crossOriginIsolated)).toBe(true);
      const whole = await first.evaluate(async (asked) => {
        const { engine } = window as unknown as { engine: Engine };
        return engine.call("train", { ...asked, run: "whole" });
      }, request);
      expect(whole).toMatchObject({ steps: 120, stopped: "steps" });
      // The page is closed in the middle, without a word to the worker.
      const reached = first.evaluate(async (asked) => {
        const { engine } = window as unknown as { engine: Engine };
        return new Promise<number>((resolve) => {
          engine.call(
            "train",
            { ...asked, run: "closed" },
            {
              onEvent: (event) => {
                if (event.type === "checkpoint" && event.step >= 15) resolve(event.step);
              },
            },
          );
        });
      }, request);
      expect(await reached).toBeGreaterThanOrEqual(15);
      await first.close();

      const second = await open();
      const files = await second.evaluate(async () => {
        const { engine } = window as unknown as { engine: Engine };
        const [before] = (await engine.call("runs", undefined)).filter(({ name }) => name === "closed");
        await engine.call("resume", { run: "closed" });
        const bytesOf = async (run: string) =>
          Object.fromEntries(
            (await engine.call("exportRun", { run }))
              .filter(({ name }) => name === "model.safetensors")
              .map(({ name, bytes }) => [name, Array.from(bytes)]),
          );
        const lossesOf = async (run: string) =>
          (await engine.call("history", { run })).log.map(({ loss, val_loss }) => [loss, val_loss]);
        return {
          stopped: before!.state!.step,
          closed: await bytesOf("closed"),
          whole: await bytesOf("whole"),
          closedLosses: await lossesOf("closed"),
          wholeLosses: await lossesOf("whole"),
        };
      });
      expect(files.stopped).toBeLessThan(120);
      expect(files.closedLosses).toEqual(files.wholeLosses);
      expect(files.closed).toEqual(files.whole);

      const { train: options, texts: data, ...model } = request;
      const { log } = await train({ ...model, data, options, backend: { threads: 1 } });
      for (const [i, { loss }] of log.slice(0, 40).entries())
        expect(files.wholeLosses[i]![0]).toBeCloseTo(loss, 3);
      await context.close();
    },
    MINUTES,
  );

  it(
    "hears errors as the library's own, and stops a training with a checkpoint",
    async () => {
      const page = await browser.newPage();
      await page.goto(url);
      await page.waitForFunction(() => "engine" in window);
      const heard = await page.evaluate(async (asked) => {
        const { engine } = window as unknown as { engine: Engine };
        const error = await engine
          .call("train", { ...asked, run: "odd", train: { stepz: 3 } as object })
          .catch((thrown: Error) => ({ name: thrown.name, message: thrown.message }));
        const huge = await engine
          .call("train", {
            ...asked,
            run: "huge",
            model: "char-transformer",
            modelOptions: { layers: 12, width: 3072 },
          })
          .catch(({ message }: Error) => message);
        const runs = (await engine.call("runs", undefined)).map(({ name }) => name);
        const controller = new AbortController();
        const stopped = await engine.call(
          "train",
          { ...asked, run: "stopped", train: { ...asked.train, steps: 100_000 } },
          { signal: controller.signal, onEvent: ({ type }) => type === "log" && controller.abort() },
        );
        return { error, huge, runs, stopped };
      }, request);
      expect(heard.error).toEqual({
        name: "UsageError",
        message: 'Unknown option `stepz`; did you mean "steps"?',
      });
      // 1.4 billion weights with their gradients and moments: 22 GB.
      expect(heard.huge).toMatch(
        /^This training needs at least \d+(\.\d)? GB of memory and 3\.\d GB are free: /,
      );
      expect(heard.runs).not.toContain("huge");
      expect(heard.stopped.stopped).toBe("interrupt");
      await page.close();
    },
    MINUTES,
  );
});

describe.skipIf(noBrowser)(`the studio${browserReason}`, () => {
  let url = "";

  beforeAll(async () => {
    const server = await served("studio", { configFile: join(root, "studio/vite.config.ts") });
    url = server.url;
  }, MINUTES);

  /** Waits until the browser's storage has a checkpoint of a run that came after its first text. */
  const kept = (page: Page, run: string) =>
    // waitForFunction would take the promise of an asynchronous function for its result.
    expect
      .poll(
        () =>
          page.evaluate(async (name) => {
            try {
              const root = await navigator.storage.getDirectory();
              const folder = await (await root.getDirectoryHandle("runs")).getDirectoryHandle(name);
              const state = await (await folder.getFileHandle("state.json")).getFile();
              return JSON.parse(await state.text()).step;
            } catch {
              return 0;
            }
          }, run),
        { timeout: MINUTES, interval: 500 },
      )
      .toBeGreaterThanOrEqual(5);

  const done = (page: Page) =>
    page.waitForFunction(
      () => document.querySelector(".columns [role=status]")?.textContent?.startsWith("Done"),
      null,
      { timeout: WAIT },
    );

  it(
    "takes texts, trains, writes, and gives the run that the command line opens",
    async () => {
      const context = await browser.newContext({ acceptDownloads: true });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await page.goto(`${url}#/data?minutes=0.05&temperature=0`);
      await page.fill("#pasted", Array.from({ length: 60 }, (_, i) => `Ba${"nlrt"[i % 4]}a${i}`).join("\n"));
      await page.waitForSelector("text=are not in use yet");
      expect(await page.locator("button.main").allTextContents()).toEqual(["Use these"]);
      await page.click("text=Use these");
      await page.waitForSelector("text=Chosen now: Pasted texts");
      expect(await page.locator("text=are not in use yet").count()).toBe(0);
      await page.waitForSelector(".window li");
      await page.click("text=Next character");
      expect(await page.textContent(".window li.at .label")).not.toBe("");
      expect(await faultsOf(page)).toEqual([]);

      await page.click("text=Train on these");
      await page.waitForSelector("h1:text-is('Train a model')");
      expect(await page.evaluate(() => scrollY)).toBe(0);
      // Pressed twice before the page can change, it trains one run.
      await page.locator("button.main:text-is('Train')").evaluate((button: HTMLElement) => {
        button.click();
        button.click();
      });
      await page.waitForSelector(".samples li", { timeout: WAIT });
      await done(page);
      // What was chosen has made way for what comes of it.
      expect(await page.locator(".choices").count()).toBe(0);
      expect(await page.locator("button.main").allTextContents()).toEqual(["Write with it"]);
      expect(await page.locator(".problem").count()).toBe(0);
      expect(await page.locator(".runs li b").allTextContents()).toEqual(["pasted-texts-bana0"]);
      await page.waitForSelector(".chart svg");
      expect(await faultsOf(page)).toEqual([]);

      await page.click("text=Write with it");
      await page.click("button.main:has-text('Write')");
      await page.waitForFunction(() => document.querySelectorAll(".tokens button").length > 2);
      await page.waitForSelector("button:has-text('Stop')", { state: "detached", timeout: MINUTES });
      const text = (await page.textContent(".tokens"))!.replace("⏎", "");
      await page.focus(".tokens button");
      await page.keyboard.press("ArrowRight");
      await page.waitForSelector(".tokens button:nth-of-type(2)[aria-pressed=true]");
      expect(await faultsOf(page)).toEqual([]);
      // Any letter that did not come; where the text could have ended, it cannot go on.
      const other = page.locator(".bars li:not(.drawn) button:enabled").first();
      const begun = text.slice(0, 1) + (await other.textContent())!.replace("␣", " ").replace("⏎", "\n");
      await other.click();
      await page.waitForFunction(
        (start) => document.querySelector(".tokens .given")?.textContent === start,
        begun,
      );

      await page.click("nav a:has-text('Train')");
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download")]);
      const zip = join(folder, "run.zip");
      await download.saveAs(zip);
      const lm = await openLocal(await unpacked(zip, "pasted-texts-bana0"));
      const [written] = await lm.sample({ temperature: 0, maxLength: 160, slide: true });
      expect(text).toBe(written!.text);
      expect(problems).toEqual([]);
      await context.close();
    },
    2 * MINUTES,
  );

  it(
    "goes on with a training whose tab was closed, by keyboard alone",
    async () => {
      const context = await browser.newContext({
        viewport: { width: 390, height: 800 },
        reducedMotion: "reduce",
      });
      const first = await context.newPage();
      await first.goto(`${url}#/train?minutes=30`);
      await first.waitForSelector("text=It learns from City names");
      const press = async (page: Page, name: string) => {
        for (let k = 0; k < 60; k++) {
          await page.keyboard.press("Tab");
          const focused = await page.evaluate(() => document.activeElement?.textContent ?? "");
          if (!focused.startsWith(name)) continue;
          await page.keyboard.press("Enter");
          return;
        }
        throw new Error(`The Tab key never comes to ${name}.`);
      };
      await press(first, "To the content");
      expect(await first.evaluate(() => document.activeElement?.id)).toBe("main");
      expect(await first.textContent("h1")).toBe("Train a model");
      await press(first, "Train");
      await reached(first, 10);
      // What is kept of it: a checkpoint every ten seconds.
      await kept(first, "city-names");
      await first.close();

      const second = await context.newPage();
      await second.goto(`${url}#/train`);
      await second.waitForSelector("button:has-text('Go on with city-names')", { timeout: WAIT });
      await second.waitForSelector(".samples li", { timeout: WAIT });
      await second.focus("main");
      const before = await stepShown(second);
      await press(second, "Go on with");
      await reached(second, before + 10);
      await press(second, "Stop");
      await second.waitForSelector(".columns [role=status]:has-text('Stopped')");
      await second.waitForSelector(".runs li:has-text('not finished')");
      await context.close();
    },
    2 * MINUTES,
  );

  it(
    "takes other scripts and few texts, and refuses in a sentence what is no text or no run",
    async () => {
      const page = await browser.newPage();
      await page.goto(url);
      const said = (sentence: string) => page.waitForSelector(`.problem:has-text("${sentence}")`);
      await page.fill("#pasted", ["สวัสดีครับ", "ขอบคุณมาก", "กรุงเทพมหานคร", "เชียงใหม่"].join("\n"));
      await page.click("text=Use these");
      await page.waitForSelector(".facts dt:has-text('kept')");
      // Those of the list before stay until these are prepared.
      await expect.poll(() => page.locator(".facts dd").allTextContents()).toEqual(["4", "4", "2", "2"]);
      await page.waitForSelector("ol.window");
      expect(await page.locator(".problem").count()).toBe(0);
      const chosen = { mimeType: "text/plain", buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0]) };
      await page.setInputFiles("input[type=file]", { name: "a.png", ...chosen });
      await said("a.png ends in none of");
      await page.click("nav >> text=Train");
      const bomb = Buffer.from(zipSync({ "r/config.json": new Uint8Array(1) }));
      // The unpacked size, in the archive's directory.
      bomb.writeUInt32LE(2e9, bomb.indexOf("PK\u0001\u0002", 0, "latin1") + 24);
      const zips = {
        "is no whole .zip archive": Buffer.from("no archive"),
        "holds no run": zipSync({ "a.txt": new Uint8Array(1) }),
        "holds more than a gigabyte": bomb,
        "is not the path of a file": zipSync({
          "r/config.json": new Uint8Array(1),
          "r/../evil": new Uint8Array(1),
        }),
      };
      for (const [sentence, bytes] of Object.entries(zips)) {
        const file = { name: "run.zip", mimeType: "application/zip", buffer: Buffer.from(bytes) };
        await page.setInputFiles("input[accept='.zip']", file);
        await said(sentence);
      }
      await page.goBack();
      await expect.poll(() => page.textContent("h1")).toBe("Texts to learn from");
      await page.close();
    },
    MINUTES,
  );
});

describe("the studio's server", () => {
  it("sends what threads need, to this machine alone, and nothing beyond its folder", async () => {
    const pages = await mkdtemp(join(tmpdir(), "punchline-pages-"));
    await writeFile(join(pages, "index.html"), "<!doctype html><title>x</title>");
    const server = await serveStudio({ port: 0, folder: pages });
    try {
      const answer = await fetch(server.url);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(answer.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
      const model = await fetch(`${server.url}models/punchline-bert/config.json`);
      expect(await model.json()).toMatchObject({ model_type: "bert" });
      for (const path of [
        "models/punchline-bert/training/",
        "models/SHA256SUMS",
        "nothing",
        "%2e%2e/package.json",
        "..%2fpackage.json",
        "assets/",
      ])
        expect((await fetch(server.url + path)).status, path).toBe(404);
      expect((await fetch(server.url, { headers: { origin: "https://example.com" } })).status).toBe(403);
      await expect(serveStudio({ port: 0, folder: join(pages, "none") })).rejects.toThrow(/no built studio/);
    } finally {
      await server.close();
      await rm(pages, { recursive: true, force: true });
    }
  });
});
