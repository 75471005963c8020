/** The studio over the engine of its machine, in a real browser: trainings of seconds, tabs that come and go, both engines. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocal } from "../src/generate/open.ts";
import type { StudioServer } from "../src/server/studio.ts";
import { browserReason, launchBrowser, noBrowser } from "./browser.ts";
import { builtStudio, faultsOf } from "./studio-page.ts";
import { PATIENCE, reached, stepShown, texts } from "./studio-run.ts";

const MINUTES = 300_000;

describe.skipIf(noBrowser)(`the engine of the machine${browserReason}`, () => {
  let folder = "";
  let runs = "";
  let server: StudioServer;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "punchline-native-"));
    runs = join(folder, "runs");
    server = await builtStudio(join(folder, "page"), runs);
    browser = await launchBrowser();
  }, MINUTES);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const phase = (page: Page, begun: string) =>
    page.waitForFunction(
      (begun) => document.querySelector(".columns [role=status]")?.textContent?.startsWith(begun),
      begun,
    );
  const listed = (page: Page) => page.locator(".runs li b").allTextContents();

  it(
    "trains with it, goes on without the tab, shows a training in every tab, and writes with the run",
    async () => {
      const context = await browser.newContext();
      context.setDefaultTimeout(PATIENCE);
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await page.goto(`${server.url}#/data?minutes=5`);
      await page.fill("#pasted", texts.join("\n"));
      await page.click("text=Use these");
      await page.waitForSelector("text=Chosen now: Pasted texts");
      await page.click("text=Train on these");
      expect(await page.textContent("footer")).toContain("The engine of this machine");
      await page.click("button.main:text-is('Train')");
      await page.waitForFunction(() => document.querySelectorAll(".samples li").length >= 2);
      expect(await faultsOf(page)).toEqual([]);
      const left = await stepShown(page);
      await page.close();

      // The training goes on, and two tabs show it from its first step.
      const tabs = [await context.newPage(), await context.newPage()] as const;
      for (const tab of tabs) {
        await tab.goto(`${server.url}#/train?minutes=5`);
        await phase(tab, "Training");
        await tab.waitForSelector(".samples li:has-text('step 1')");
      }
      await reached(tabs[0], left + 1);
      await tabs[1].click("button.main:text-is('Stop')");
      for (const tab of tabs) {
        await phase(tab, "Stopped");
        await tab.waitForSelector("text=Go on with pasted-texts");
      }
      const stepOf = async () =>
        JSON.parse(await readFile(join(runs, "pasted-texts-tell-me-how-your-otter/state.json"), "utf8")).step;
      const stopped = await stepOf();
      expect(stopped).toBeGreaterThan(left);
      await tabs[0].click("text=Go on with pasted-texts");
      await phase(tabs[0], "Training");
      await tabs[0].waitForFunction((step) => {
        const at = document.querySelector(".samples li small")?.textContent ?? "";
        return Number(at.replace(/\D/g, "")) > step;
      }, stopped);
      await tabs[0].click("button.main:text-is('Stop')");
      await phase(tabs[0], "Stopped");
      expect(await stepOf()).toBeGreaterThan(stopped);

      await tabs[0].click("text=Write with it");
      await tabs[0].click("button.main:has-text('Write')");
      await tabs[0].waitForFunction(() => document.querySelectorAll(".tokens button").length > 2);
      await tabs[0].click("nav a:has-text('New or remembered?')");
      await tabs[0].fill("input[max='1000']", "3");
      await tabs[0].click("text=Write and look up");
      await tabs[0].waitForSelector(".verdict-said");
      const lm = await openLocal(join(runs, "pasted-texts-tell-me-how-your-otter"));
      expect((await lm.sample({ maxLength: 3 }))[0]!.text).toBeTypeOf("string");
      expect(problems).toEqual([]);
      await context.close();
    },
    MINUTES,
  );

  it(
    "is one of two: what the page trains by itself stays in the browser",
    async () => {
      const context = await browser.newContext();
      context.setDefaultTimeout(PATIENCE);
      const page = await context.newPage();
      await page.goto(`${server.url}#/train?minutes=0.05`);
      await page.waitForSelector("label:has-text('This machine') input:checked");
      const before = await readdir(runs).catch(() => []);
      await expect.poll(() => listed(page)).toEqual(before);
      await page.click("label:has-text('This browser')");
      await page.waitForSelector("h2:has-text('Runs in this browser')");
      expect(await page.textContent("footer")).toContain("This page computes by itself (WebAssembly, ");
      await page.waitForFunction(() => document.querySelectorAll(".runs li").length === 0);
      await page.click("button.main:text-is('Train')");
      await phase(page, "Done");
      await page.waitForSelector(".runs li b:text-is('city-names')");
      expect(await readdir(runs).catch(() => [])).toEqual(before);
      expect(page.url()).toContain("engine=browser");
      await page.click("text=Train another");
      await page.click("label:has-text('This machine')");
      await page.waitForFunction(
        () =>
          ![...document.querySelectorAll(".runs li b")].some(
            ({ textContent }) => textContent === "city-names",
          ),
      );
      await expect.poll(() => listed(page)).toEqual(before);
      await context.close();
    },
    MINUTES,
  );

  it(
    "is missed in a sentence once its server has ended",
    async () => {
      const own = await builtStudio(join(folder, "other"), join(folder, "other-runs"));
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      await page.goto(`${own.url}#/train?minutes=5`);
      await page.click("button.main:text-is('Train')");
      await page.waitForSelector(".samples li");
      await own.close();
      await page.waitForSelector(".problem:has-text('punchline studio no longer answers')");
      const state = JSON.parse(await readFile(join(folder, "other-runs/city-names/state.json"), "utf8"));
      expect(state.step).toBeGreaterThan(0);
      await page.close();
    },
    MINUTES,
  );
});
