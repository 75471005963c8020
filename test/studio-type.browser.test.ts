/** Predictive typing in a real browser, with the keys that it saves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserReason, noBrowser } from "./browser.ts";
import { faultsOf } from "./studio-page.ts";
import { type OpenStudio, openStudio, PATIENCE, tabTo, trainedPage } from "./studio-run.ts";

describe.skipIf(noBrowser)(`the studio suggests words${browserReason}`, () => {
  let studio: OpenStudio;
  beforeAll(async () => {
    studio = await openStudio();
  }, PATIENCE);
  afterAll(() => studio?.close());

  it(
    "takes one with a key, counts the keys, and measures what an exact typist saves; by keyboard alone",
    async () => {
      const context = await studio.browser.newContext({ reducedMotion: "reduce" });
      const page = await trainedPage(context, studio.url, 0.7);
      const problems: string[] = [];
      page.on("pageerror", ({ message }) => problems.push(message));
      await page.goto(`${studio.url}#/type`);
      await page.waitForSelector(".suggestions li");
      await page.focus("#typed");
      await page.keyboard.type("W");
      await page.waitForFunction(() =>
        /^W/.test(document.querySelector(".suggestions .word")?.textContent ?? ""),
      );
      const offered = (await page.textContent(".suggestions .word"))!;
      await page.keyboard.press("ArrowRight");
      await page.waitForFunction(
        (word) => document.querySelector("textarea")?.value.trim() === word,
        offered,
      );
      expect(await page.locator(".keys dd").allTextContents()).toEqual([
        String(offered.length),
        "2",
        `${((100 * (offered.length - 2)) / offered.length).toFixed(0)} %`,
      ]);
      await page.keyboard.type("d");
      expect(await page.inputValue("#typed")).toBe(`${offered} d`);
      await page.waitForFunction(() =>
        /^d/.test(document.querySelector(".suggestions .word")?.textContent ?? ""),
      );
      const second = (await page.textContent(".suggestions .word"))!;
      await page.keyboard.press("Alt+Digit1");
      expect(await page.inputValue("#typed")).toBe(`${offered} ${second}`);
      expect(await page.locator(".keys dd").nth(1).textContent()).toBe("4");
      expect(await faultsOf(page)).toEqual([]);

      await tabTo(page, "Type unseen texts");
      await page.keyboard.press("Enter");
      await page.waitForSelector("text=characters took");
      expect(await page.textContent("[role=status]:has-text('characters took')")).toMatch(
        /^With pasted-texts, 8 unseen texts of \d+ characters took \d+ keys: -?\d+ % saved/,
      );
      expect(await faultsOf(page)).toEqual([]);
      expect(problems).toEqual([]);
      await context.close();
    },
    2 * PATIENCE,
  );
});
