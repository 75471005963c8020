/** Several temperatures next to each other in a real browser, against the same run in Node. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocal } from "../src/generate/open.ts";
import { browserReason, noBrowser } from "./browser.ts";
import { faultsOf } from "./studio-page.ts";
import { type OpenStudio, openStudio, PATIENCE, tabTo, trainedPage } from "./studio-run.ts";

describe.skipIf(noBrowser)(`the studio writes at several temperatures${browserReason}`, () => {
  let studio: OpenStudio;
  beforeAll(async () => {
    studio = await openStudio();
  }, PATIENCE);
  afterAll(() => studio?.close());

  it(
    "at the same time, each as it would write alone; by keyboard alone",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "punchline-temperatures-"));
      const context = await studio.browser.newContext({ reducedMotion: "reduce", acceptDownloads: true });
      const page = await trainedPage(context, studio.url);
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download")]);
      await download.saveAs(join(folder, "run.zip"));
      for (const [path, bytes] of Object.entries(unzipSync(await readFile(join(folder, "run.zip"))))) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), bytes);
      }

      await page.click("nav >> text=Write");
      await page.getByLabel("Begin with").fill("Why");
      const field = page.getByLabel("Temperatures");
      await field.fill("0, 3");
      await tabTo(page, "Write at each");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".problem:has-text('\"3\" is no temperature from 0 to 2')");
      // What was being written when a wrong one was asked for is over.
      await field.fill("0");
      await page.click("text=Write at each");
      await field.fill("3");
      await page.click("text=Write at each");
      await page.waitForSelector(".problem:has-text('is no temperature')");
      await page.waitForSelector("button:has-text('Stop all')", { state: "detached" });
      await field.fill("0, 0.7, 1.3");
      await tabTo(page, "Write at each");
      await page.keyboard.press("Enter");
      const columns = page.locator(".temperatures section");
      await page.waitForFunction(() => document.querySelectorAll(".temperatures .tokens").length >= 3);
      await page.waitForSelector("button:has-text('Stop all')", { state: "detached" });
      expect(await columns.count()).toBe(3);

      const lm = await openLocal(join(folder, "pasted-texts-tell-me-how-your-otter"));
      for (const [i, temperature] of [0, 0.7, 1.3].entries()) {
        const texts = await columns.nth(i).locator(".tokens").allTextContents();
        expect(texts.length).toBeGreaterThan(0);
        for (const [k, text] of texts.entries()) {
          const [written] = await lm.sample({
            prompt: "Why",
            temperature,
            seed: k,
            maxLength: 160,
            slide: true,
          });
          expect(text.replace("⏎", "")).toBe(`Why${written!.text}`);
        }
      }
      expect(await faultsOf(page)).toEqual([]);
      const first = await columns.nth(1).locator(".tokens").first().textContent();
      await page.click("text=Look into the first at 0.7");
      await page.waitForFunction(
        (text) => document.querySelector(".columns .tokens")?.textContent === text,
        first,
      );
      // Words stay whole where the page is narrow, but for those that are longer than a line.
      await page.setViewportSize({ width: 390, height: 800 });
      const parted = await page.evaluate(() => {
        const letters = [...document.querySelectorAll<HTMLElement>(".columns .tokens button")];
        const words: HTMLElement[][] = [[]];
        for (const letter of letters)
          if (/\s/.test(letter.textContent)) words.push([]);
          else words.at(-1)!.push(letter);
        const isParted = (word: HTMLElement[]) => new Set(word.map(({ offsetTop }) => offsetTop)).size > 1;
        return words.filter((word) => word.length <= 12 && isParted(word)).length;
      });
      expect(parted).toBe(0);
      // The words of the trade are in a fold, and what is chosen there can be seen on it.
      const topK = page.getByLabel("Top-k");
      expect(await topK.isVisible()).toBe(false);
      await page.click("summary:has-text('More settings')");
      await topK.fill("1");
      await page.waitForSelector("summary:has-text('More settings: top-k 1')");
      const likeliest = await columns.nth(0).locator(".tokens").first().textContent();
      await page.click("button.main:text-is('Write')");
      await page.waitForFunction(
        (text) => document.querySelector(".columns .tokens")?.textContent === text,
        likeliest,
      );
      expect(await faultsOf(page)).toEqual([]);
      expect(new URL(page.url()).hash).toContain("temperatures=0");
      expect(page.url()).not.toContain("Why");
      expect(problems).toEqual([]);
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
    8 * PATIENCE,
  );
});
